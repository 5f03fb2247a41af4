using System.Runtime.CompilerServices;
using DatapathKernels.Packets;

namespace DatapathKernels.Datapaths;

/// <content>
/// Plain packets: whole TCP or UDP over IPv4 that came in from somewhere. Nearly all packets are, and what all of them share need not be asked of each again.
/// </content>
public abstract unsafe partial class Datapath
{
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

    /// <summary>Sends a plain packet that <see cref="CanGo"/> to its next hop, and counts it.</summary>
    /// <param name="way">The burst.</param>
    /// <param name="index">The packet.</param>
    /// <param name="frame">Its first byte.</param>
    /// <param name="key">What a tunnel tells flows apart by.</param>
    /// <param name="hop">The next hop.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private protected PacketFate EmitPlain(ref PlainWay way, int index, byte* frame, in FlowKeyV6 key, int hop)
    {
        ref readonly NextHop next = ref Network.NextHopOf(hop);
        next.WriteMacs(ref *frame);
        bool isPod = next.Kind == RouteTargetKind.Pod;
        PacketFate fate = new(isPod ? FateKind.Delivered : FateKind.Forwarded, DropReason.None, hop);
        if (next.HasTunnel && (fate = Wrap(way.Burst, index, key, fate)).Kind == FateKind.Dropped)
        {
            Count(fate, 1);
            return fate;
        }

        way.Delivered += isPod ? 1 : 0;
        way.Forwarded += isPod ? 0 : 1;
        return fate;
    }

    /// <summary>Counts the packets that a burst sent on.</summary>
    private protected void Count(in PlainWay way)
    {
        Count(new PacketFate(FateKind.Forwarded, DropReason.None, 0), way.Forwarded);
        Count(new PacketFate(FateKind.Delivered, DropReason.None, 0), way.Delivered);
        GC.KeepAlive(way.Burst.Arena);
    }
}
