using DatapathKernels.Packets;

namespace DatapathKernels.Datapaths;

/// <summary>What a packet says about its connection's life.</summary>
/// <param name="IsTcp">It is a TCP segment.</param>
/// <param name="Flags">The segment's flags; none for other protocols.</param>
internal readonly record struct EbpfSegment(bool IsTcp, TcpFlags Flags)
{
    /// <summary>Where a TCP header has its flags, bytes.</summary>
    public const int FlagsOffset = 13;

    /// <summary>A SYN without ACK.</summary>
    public bool IsOpening => (Flags & (TcpFlags.Syn | TcpFlags.Ack)) == TcpFlags.Syn;

    /// <summary>A FIN or a reset.</summary>
    public bool IsClosing => (Flags & (TcpFlags.Fin | TcpFlags.Rst)) != 0;

    public static EbpfSegment Of(ReadOnlySpan<byte> frame, in PacketInfo info) =>
        info.Protocol == IpProtocol.Tcp ? new(true, (TcpFlags)frame[info.L4Offset + FlagsOffset]) : default;

    /// <summary>The same of a whole TCP or UDP packet, by its transport header.</summary>
    public static unsafe EbpfSegment Of(byte* transport, IpProtocol protocol) =>
        protocol == IpProtocol.Tcp ? new(true, (TcpFlags)transport[FlagsOffset]) : default;
}
