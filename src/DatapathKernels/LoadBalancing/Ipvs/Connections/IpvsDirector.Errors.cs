using System.Buffers.Binary;
using DatapathKernels.Packets;

namespace DatapathKernels.LoadBalancing;

/// <content>
/// ICMP errors about connections: <c>ip_vs_in_icmp</c> and <c>ip_vs_out_icmp</c>, and both for IPv6. The quoted packet is the one the
/// error's receiver sent, so its tuple is looked up the other way round.
/// </content>
/// <remarks>
/// Under NAT the kernel writes addresses and a port into the quote, computes its IP header's checksum and the error's own, and leaves the quoted
/// transport checksum alone. It looks at the error's checksum first, but not at that of an ICMPv6 error on its way in.
/// </remarks>
public sealed partial class IpvsDirector
{
    private const byte Unreachable = 3, SourceQuench = 4, TimeExceeded = 11;
    private const int QuotedChecksumAt = 10;

    private void ProcessError(Span<byte> frame, in PacketInfo info, long nowMs, ref IpvsVerdict verdict)
    {
        bool ipv4 = (info.Flags & PacketFlags.Ipv4) != 0;
        if (ipv4 != (info.Protocol == IpProtocol.Icmp) || (ipv4 && frame[info.L4Offset] is not (Unreachable or SourceQuench or TimeExceeded)))
            return;
        QuotedPacketParser.Parse(frame, info, 0, out FlowKeyV4 v4, out FlowKeyV6 v6, out PacketInfo quoted);
        if (!quoted.HasKey || (quoted.Flags & PacketFlags.NonFirstFragment) != 0)
            return;
        if (quoted.Protocol is IpProtocol.Tcp or IpProtocol.Udp or IpProtocol.Sctp)
            TranslateError(frame, info, quoted, FindLive((ipv4 ? IpvsTuple.Of(v4) : IpvsTuple.Of(v6)).Reversed, nowMs), ref verdict);
        else if (ipv4 && quoted.Protocol == IpProtocol.Ipv4)
            ProcessTunnelError(frame, info, quoted, v4.DestinationBe, nowMs, ref verdict);
    }

    private void TranslateError(Span<byte> frame, in PacketInfo info, in PacketInfo quoted, IpvsFound found, ref IpvsVerdict verdict)
    {
        if (found.Id == IpvsConnection.None)
            return;
        ref IpvsConnection connection = ref _store[found.Id];
        bool isNat = connection.Forwarding == ForwardingMode.Nat;
        Tell(connection, ref verdict);
        verdict.NextHop = found.IsReply ? connection.Client : connection.Real;
        verdict.Status = found.IsReply ? IpvsStatus.Replied : IpvsStatus.Forwarded;
        if ((found.IsReply ? isNat : info.Protocol == IpProtocol.Icmp) && IsCorrupt(frame, info))
            verdict.Status = IpvsStatus.BadChecksum;
        else if (isNat)
            TranslateError(frame, info, quoted, connection, found.IsReply);
        else if (!found.IsReply)
            connection.InPackets++;
    }

    private static void TranslateError(Span<byte> frame, in PacketInfo info, in PacketInfo quoted, in IpvsConnection connection, bool isReply)
    {
        // From the server's side about a request: it went to the real server, the client sent it to the service. From the client's side about a
        // reply: it came from the service, the real server sent it.
        IPv6Address address = isReply ? connection.Virtual : connection.Real;
        ushort portBe = isReply ? connection.VirtualPortBe : connection.RealPortBe;
        QuotedRewriter.Write(frame[..(info.L3Offset + (int)info.L3Length)], quoted, address, portBe, destination: isReply, mendsTransport: false);
        if ((quoted.Flags & PacketFlags.Ipv4) != 0)
        {
            Span<byte> header = frame[quoted.L3Offset..quoted.L4Offset];
            header.Slice(QuotedChecksumAt, 2).Clear();
            BinaryPrimitives.WriteUInt16BigEndian(header[QuotedChecksumAt..], InternetChecksum.Compute(header));
        }

        Rewrite(frame, info, address, 0, destination: !isReply);
        PacketChecksums.WriteTransport(frame, info);
    }

    /// <summary>An error from between this node and a server about a packet that was tunnelled there: the client is to learn of it.</summary>
    private void ProcessTunnelError(ReadOnlySpan<byte> frame, in PacketInfo info, in PacketInfo quoted, uint serverBe, long nowMs, ref IpvsVerdict verdict)
    {
        QuotedPacketParser.ParseInside(frame, quoted, out FlowKeyV4 key, out PacketInfo inside);
        if (!inside.HasKey || (inside.Flags & PacketFlags.NonFirstFragment) != 0 || inside.Protocol is not (IpProtocol.Tcp or IpProtocol.Udp or IpProtocol.Sctp))
            return;
        IpvsFound found = FindLive(IpvsTuple.Of(key), nowMs);
        if (found.Id == IpvsConnection.None || found.IsReply || !IsTunnelTo(_store[found.Id], serverBe))
            return;
        Tell(_store[found.Id], ref verdict);
        verdict.NextHop = _store[found.Id].Client;
        verdict.Status = IsCorrupt(frame, info) ? IpvsStatus.BadChecksum : IpvsStatus.TunnelError;
    }

    private static bool IsTunnelTo(in IpvsConnection connection, uint serverBe) =>
        connection.Forwarding == ForwardingMode.Tunnel && !connection.Has(IpvsConnectionFlags.ServerV6) && connection.RealV4 == serverBe;

    private static bool IsCorrupt(ReadOnlySpan<byte> frame, in PacketInfo info) => PacketChecksums.VerifyTransport(frame, info) == ChecksumVerdict.Invalid;
}
