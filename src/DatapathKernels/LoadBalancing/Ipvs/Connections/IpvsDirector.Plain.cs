using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using DatapathKernels.Packets;

namespace DatapathKernels.LoadBalancing;

/// <content>
/// The usual packet, and all that is left of the long way for it: TCP or UDP over IPv4, whole, of a client whose connection goes on as it was. Of the connection one line is
/// read and written. Everything it depends on is asked for before anything is written, so that every other packet can still go the long way.
/// </content>
public sealed partial class IpvsDirector
{
    private const int AddressesAt = 12, HeaderChecksumAt = 10, TcpFlagsAt = 13, TcpChecksumAt = 16, UdpChecksumAt = 6;
    private const int HeaderV4 = 20, TcpHeader = 20, UdpHeader = 8;

    /// <summary>Passes packets of a burst up to the first that is not usual.</summary>
    /// <returns>The number of that one, or of packets in the burst.</returns>
    [SkipLocalsInit]
    private unsafe int PassUsual(FlowTableIndex index, in PacketBurst burst, int packet, ReadOnlySpan<PacketInfo> infos, ReadOnlySpan<FlowKeyV4> keys, long nowMs, Span<IpvsVerdict> verdicts)
    {
        ref PacketInfo info = ref MemoryMarshal.GetReference(infos);
        ref FlowKeyV4 key = ref MemoryMarshal.GetReference(keys);
        ref IpvsVerdict verdict = ref MemoryMarshal.GetReference(verdicts);
        ref int guess = ref MemoryMarshal.GetReference(index.Guesses);
        ref IpvsConnection connections = ref _store[0];
        int count = burst.Count, first = burst.First, removals = _clock.Removals;
        burst.Arena.Raw(out byte* memory, out FrameSlot* slots, out nuint stride);

        // SAFE: the caller's spans are as long as the burst, which lies in its arena; guesses and what hangs behind them are places of the store, or negative
        for (; packet < count; packet++)
        {
            int id = Unsafe.Add(ref guess, packet);
            FrameSlot* slot = slots + first + packet;
            byte* frame = memory + ((nuint)(first + packet) * stride) + slot->Start;
            while (id >= 0 && !TryPass(ref Unsafe.Add(ref connections, id), ref *frame, (int)slot->Length, in Unsafe.Add(ref info, packet), in Unsafe.Add(ref key, packet), removals, nowMs, ref Unsafe.Add(ref verdict, packet)))
                id = Unsafe.Add(ref connections, id).Next;
            if (id < 0)
                break;
        }

        GC.KeepAlive(burst.Arena);
        return packet;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool TryPass(ref IpvsConnection connection, ref byte frame, int length, in PacketInfo info, in FlowKeyV4 key, int removals, long nowMs, ref IpvsVerdict verdict)
    {
        const PacketFlags asked = PacketFlags.Transport | PacketFlags.Ipv4 | PacketFlags.Fragment;
        bool isTcp = info.Protocol == IpProtocol.Tcp;
        if ((info.Flags & asked) != (PacketFlags.Transport | PacketFlags.Ipv4) || info.Status != ParseStatus.Ok
            || info.L4Offset < info.L3Offset + HeaderV4 || info.L4Offset + (isTcp ? TcpHeader : UdpHeader) > length)
        {
            return false;
        }

        // SAFE (all that follows): both headers are in the frame
        ref byte header = ref Unsafe.Add(ref frame, info.L3Offset);
        ref byte l4 = ref Unsafe.Add(ref frame, info.L4Offset);
        if (!connection.IsUsualRequest(key) || connection.ExpiresMs <= nowMs || connection.SeenRemovals != removals)
            return false;
        if (isTcp ? !connection.StaysEstablished(Unsafe.Add(ref l4, TcpFlagsAt)) : info.Protocol != IpProtocol.Udp)
            return false;

        uint timeoutMs = isTcp ? connection.TimeoutMs : _udpTimeoutMs;
        (connection.TimeoutMs, connection.ExpiresMs) = (timeoutMs, nowMs + timeoutMs);
        connection.InPackets++;
        verdict.Status = IpvsStatus.Forwarded;
        verdict.IsNew = false;
        verdict.NextHop = IPv6Address.OfV4(connection.RealV4);
        Tell(connection, ref verdict);
        if (connection.Forwarding == ForwardingMode.Nat)
            Translate(connection, ref header, ref l4, isTcp);
        return true;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Translate(in IpvsConnection connection, ref byte header, ref byte l4, bool isTcp)
    {
        Unsafe.WriteUnaligned(ref Unsafe.Add(ref header, AddressesAt + 4), connection.RealV4);
        Unsafe.WriteUnaligned(ref Unsafe.Add(ref l4, 2), connection.RealPortBe);
        ref byte field = ref Unsafe.Add(ref header, HeaderChecksumAt);
        Unsafe.WriteUnaligned(ref field, connection.AddressDelta.Mend(Unsafe.ReadUnaligned<ushort>(ref field)));
        field = ref Unsafe.Add(ref l4, isTcp ? TcpChecksumAt : UdpChecksumAt);
        ushort checksum = Unsafe.ReadUnaligned<ushort>(ref field), mended = connection.TransportDelta.Mend(checksum);
        if (isTcp)
            Unsafe.WriteUnaligned(ref field, mended);
        else if (checksum != 0)
            Unsafe.WriteUnaligned(ref field, InternetChecksum.ForUdp(mended));
    }
}
