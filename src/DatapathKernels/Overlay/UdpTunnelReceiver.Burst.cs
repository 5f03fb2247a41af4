using System.Runtime.Intrinsics;
using DatapathKernels.Diagnostics;
using DatapathKernels.Packets;

namespace DatapathKernels.Overlay;

/// <summary>Frames of an arena, unpacked where they lie.</summary>
public sealed partial class UdpTunnelReceiver
{
    /// <summary>
    /// Unpacks a burst in place: each slot then begins with the inner frame, or packet where <see cref="InheritsProtocol"/> let one in. Equal to the loop of
    /// <see cref="TryUnpack(Span{byte}, in PacketInfo, out Range, out uint, out uint)"/>.
    /// </summary>
    /// <param name="burst">The outer frames.</param>
    /// <param name="infos">What their parses found, one each.</param>
    /// <param name="statuses">Receives one each; a frame is what it was but for <see cref="DecapStatus.Ok"/>.</param>
    /// <param name="networks">Receives the network of each, 0 for none.</param>
    /// <param name="groups">Receives VXLAN's policy group and flags of each, 0 for none, where <see cref="ReadsGroupPolicy"/>; empty where nobody asks.</param>
    /// <returns>A bit for each frame that was unpacked.</returns>
    /// <exception cref="ArgumentException">Fewer infos, statuses, networks or groups, where there are any, than frames.</exception>
    /// <exception cref="ObjectDisposedException">The arena was disposed.</exception>
    public unsafe ulong UnpackBurst(PacketBurst burst, ReadOnlySpan<PacketInfo> infos, Span<DecapStatus> statuses, Span<uint> networks, Span<uint> groups = default)
    {
        if (infos.Length < burst.Count || statuses.Length < burst.Count || networks.Length < burst.Count || (!groups.IsEmpty && groups.Length < burst.Count))
            Throw.Argument(nameof(statuses), "expected one info, one status and one network a frame");
        if (burst.Count == 0)
            return 0;
        FrameSlot* slots = burst.Arena.Slots(burst.First, burst.Count);
        burst.Arena.Raw(out byte* memory, out _, out nuint stride);
        memory += (nuint)(uint)burst.First * stride;
        statuses[..burst.Count].Clear();
        groups[..Math.Min(groups.Length, burst.Count)].Clear();
        Vector256<ulong> places = FrameLanes.Slots(stride);
        ulong done = 0;
        int next = 0;
        fixed (PacketInfo* records = infos)
        fixed (uint* found = networks)
        {
            for (; FrameLanes.IsSupported && _takesPlain && next <= burst.Count - FrameLanes.Count; next += FrameLanes.Count)
            {
                uint plain = UnpackPlain(memory + (nuint)(uint)next * stride, places, slots + next, records + next, found + next);
                done |= (ulong)plain << next;
                if (plain != FrameLanes.All)
                    done |= UnpackEach(memory, stride, slots, ~plain & FrameLanes.All, next, infos, statuses, networks, groups);
            }
        }

        int left = burst.Count - next;
        return left == 0 ? done : done | UnpackEach(memory, stride, slots, left == PacketBurst.MaxCount ? ulong.MaxValue : (1UL << left) - 1, next, infos, statuses, networks, groups);
    }

    /// <summary>Unpacks some frames one by one.</summary>
    /// <param name="memory">The burst's first slot.</param>
    /// <param name="stride">From slot to slot, bytes.</param>
    /// <param name="slots">Their records.</param>
    /// <param name="which">A bit for each, the lowest for <paramref name="first"/>.</param>
    /// <param name="first">Its number.</param>
    /// <param name="infos">What the parses of the burst found.</param>
    /// <param name="statuses">Receives one each.</param>
    /// <param name="networks">Receives the network of each.</param>
    /// <param name="groups">Receives the group of each that has one, or is empty.</param>
    /// <returns>A bit of the burst for each that was unpacked.</returns>
    private unsafe ulong UnpackEach(
        byte* memory, nuint stride, FrameSlot* slots, ulong which, int first, ReadOnlySpan<PacketInfo> infos, Span<DecapStatus> statuses, Span<uint> networks, Span<uint> groups)
    {
        ulong done = 0;
        for (; which != 0; which &= which - 1)
        {
            int i = first + System.Numerics.BitOperations.TrailingZeroCount(which);
            FrameSlot* slot = slots + i;
            byte* frame = memory + (nuint)(uint)i * stride + slot->Start;
            int start = infos[i].L3Offset + PlainHeaders;
            if (IsPlain(ref *frame, (int)slot->Length, infos[i], out ulong header) && slot->Start + start <= ushort.MaxValue)
            {
                *slot = new FrameSlot { Start = (ushort)(slot->Start + start), Length = infos[i].L3Length - PlainHeaders, Link = LinkType.Ethernet };
                networks[i] = NetworkOf(header);
            }
            else
            {
                statuses[i] = UnpackAny(slot, new Span<byte>(frame, (int)slot->Length), infos[i], out networks[i], out uint group);
                if (!groups.IsEmpty)
                    groups[i] = group;
            }

            done |= statuses[i] == DecapStatus.Ok ? 1UL << i : 0;
        }

        return done;
    }

    private unsafe DecapStatus UnpackAny(FrameSlot* slot, Span<byte> frame, in PacketInfo info, out uint network, out uint group)
    {
        DecapStatus status = TryUnpackAny(frame, info, out Range inner, out network, out group, out ushort protocol);
        return status == DecapStatus.Ok && !TryExpose(slot, inner, protocol) ? DecapStatus.NoRoom : status;
    }

    /// <summary>The outer headers become headroom, where a slot can say so.</summary>
    private static unsafe bool TryExpose(FrameSlot* slot, Range inner, ushort protocol)
    {
        int start = slot->Start + inner.Start.Value;
        if (start > ushort.MaxValue)
            return false;
        slot->Start = (ushort)start;
        slot->Length = (uint)(inner.End.Value - inner.Start.Value);
        slot->Link = protocol == GeneveHeader.Ethernet ? LinkType.Ethernet : LinkType.Raw;
        return true;
    }
}
