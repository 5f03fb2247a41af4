using System.Numerics;
using System.Runtime.CompilerServices;
using DatapathKernels.Packets;

namespace DatapathKernels.Datapaths;

/// <content>
/// Plain packets: whole TCP or UDP over IPv4 that came in from somewhere. Nearly all packets are, and what all of them share need not be asked of each again.
/// </content>
public abstract unsafe partial class Datapath
{
    private readonly Outer[] _tunnelled = new Outer[PacketBurst.MaxCount];

    /// <summary>The packets of the burst that are whole TCP or UDP over IPv4 and came in from somewhere.</summary>
    private protected ulong FindPlain(in Arrivals arrivals)
    {
        const PacketFlags asked = PacketFlags.Ipv4 | PacketFlags.Transport | PacketFlags.Fragment;
        ulong plain = 0;
        PacketInfo[] infos = Infos;
        for (int i = 0; i < arrivals.Burst.Count; i++)
        {
            ref readonly PacketInfo info = ref infos[i];
            bool isPlain = info.Status == ParseStatus.Ok & (info.Flags & asked) == (PacketFlags.Ipv4 | PacketFlags.Transport)
                & (info.Protocol == IpProtocol.Tcp | info.Protocol == IpProtocol.Udp);
            plain |= (isPlain ? 1UL : 0) << i;
        }

        return plain & ~arrivals.Refused & (arrivals.InInterface == FromHost ? arrivals.Unpacked : ulong.MaxValue);
    }

    /// <summary>True for a plain packet that is routed on as it is.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private protected bool CanGo(int index, byte* frame, int hop)
    {
        if (hop < 0)
            return false;
        ref readonly PacketInfo info = ref Infos[index];
        ref readonly NextHop next = ref Network.NextHopOf(hop);
        return next.Kind != RouteTargetKind.Host && info.L3Length <= next.Mtu && PlainRewriter.TimeToLive(frame, info) > 1;
    }

    /// <summary>Sends a plain packet that <see cref="CanGo"/> to its next hop, and counts it. Outer headers are written when the burst is through: see <see cref="Wrap(ref PlainWay, Span{PacketFate})"/>.</summary>
    /// <param name="way">The burst.</param>
    /// <param name="index">The packet.</param>
    /// <param name="frame">Its first byte.</param>
    /// <param name="key">What a tunnel tells flows apart by.</param>
    /// <param name="hop">The next hop.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private protected PacketFate EmitPlain(ref PlainWay way, int index, byte* frame, in FlowKeyV4 key, int hop)
    {
        ref readonly NextHop next = ref Network.NextHopOf(hop);
        next.WriteMacs(ref *frame);
        bool isPod = next.Kind == RouteTargetKind.Pod;
        PacketFate fate = new(isPod ? FateKind.Delivered : FateKind.Forwarded, DropReason.None, hop);
        if (next.HasTunnel)
        {
            way.Tunnelled |= 1UL << index;
            _tunnelled[index] = new Outer(HashOf(key), _tunnelId++);
        }

        way.Delivered += isPod ? 1 : 0;
        way.Forwarded += isPod ? 0 : 1;
        return fate;
    }

    /// <summary>
    /// Writes the outer headers of the plain packets that need them. Not in their turns: the headers carry fields of what was just written there piece by piece, which a
    /// processor hands on only when it has left for the cache. And tunnels are looked up for all of them first, so that the memory answers at once.
    /// </summary>
    /// <param name="way">The burst.</param>
    /// <param name="fates">What became of its packets so far.</param>
    private protected void Wrap(ref PlainWay way, Span<PacketFate> fates)
    {
        ulong failed = 0;
        for (ulong rest = way.Tunnelled; rest != 0; rest &= rest - 1)
        {
            int i = BitOperations.TrailingZeroCount(rest);
            failed |= (way.Burst.Arena.TryPush(way.Burst.First + i, Network.TunnelOf(fates[i].NextHop).HeaderBytes) ? 0 : 1UL) << i;
        }

        for (ulong rest = way.Tunnelled & ~failed; rest != 0; rest &= rest - 1)
        {
            int i = BitOperations.TrailingZeroCount(rest);
            Span<byte> frame = new(way.Frame(i), way.Length(i));
            failed |= (Network.TunnelOf(fates[i].NextHop).TryWrite(frame, _tunnelled[i].FlowHash, _tunnelled[i].Id) ? 0 : 1UL) << i;
        }

        for (; failed != 0; failed &= failed - 1)
            Fail(ref way, ref fates[BitOperations.TrailingZeroCount(failed)]);
    }

    /// <summary>A packet that was sent on has no room for its outer headers.</summary>
    private void Fail(ref PlainWay way, ref PacketFate fate)
    {
        bool delivered = fate.Kind == FateKind.Delivered;
        way.Delivered -= delivered ? 1 : 0;
        way.Forwarded -= delivered ? 0 : 1;
        fate = PacketFate.Drop(DropReason.NoRoom);
        Count(fate, 1);
    }

    /// <summary>Counts the packets that a burst sent on.</summary>
    private protected void Count(in PlainWay way)
    {
        Count(new PacketFate(FateKind.Forwarded, DropReason.None, 0), way.Forwarded);
        Count(new PacketFate(FateKind.Delivered, DropReason.None, 0), way.Delivered);
        GC.KeepAlive(way.Burst.Arena);
    }

    /// <summary>What outer headers say of a packet's flow, and their identification.</summary>
    private protected readonly record struct Outer(uint FlowHash, ushort Id);
}
