using DatapathKernels.Packets;

namespace DatapathKernels.LoadBalancing;

/// <content>
/// ICMP errors about connections under NAT: <c>ip_vs_in_icmp</c> and <c>ip_vs_out_icmp</c>. The quoted packet is the one the
/// error's receiver sent, so its tuple is looked up the other way round.
/// </content>
public sealed partial class IpvsDirector
{
    private void ProcessError(Span<byte> frame, in PacketInfo info, long nowMs, ref IpvsVerdict verdict)
    {
        QuotedPacketParser.Parse(frame, info, 0, out FlowKeyV4 v4, out FlowKeyV6 v6, out PacketInfo quoted);
        if (!quoted.HasKey || (quoted.Flags & PacketFlags.NonFirstFragment) != 0 || quoted.Protocol is not (IpProtocol.Tcp or IpProtocol.Udp or IpProtocol.Sctp))
            return;
        IpvsTuple packet = ((quoted.Flags & PacketFlags.Ipv4) != 0 ? IpvsTuple.Of(v4) : IpvsTuple.Of(v6)).Reversed;
        IpvsFound found = FindLive(packet, nowMs);
        (int id, bool isReply) = (found.Id, found.IsReply);
        if (id == IpvsConnection.None)
            return;
        ref IpvsConnection connection = ref _store[id];
        Tell(connection, ref verdict);
        if (connection.Forwarding != ForwardingMode.Nat)
        {
            verdict.NextHop = connection.Real;
            verdict.Status = IpvsStatus.Forwarded;
            return;
        }

        Span<byte> datagram = frame[..(info.L3Offset + (int)info.L3Length)];
        if (isReply)
        {
            // From the server's side, about a request: it went to the real server, the client sent it to the service.
            QuotedRewriter.Write(datagram, quoted, connection.Virtual, connection.VirtualPortBe, destination: true);
            Rewrite(frame, info, connection.Virtual, 0, destination: false);
        }
        else
        {
            // From the client's side, about a reply: it came from the service, the real server sent it.
            QuotedRewriter.Write(datagram, quoted, connection.Real, connection.RealPortBe, destination: false);
            Rewrite(frame, info, connection.Real, 0, destination: true);
        }

        PacketChecksums.WriteTransport(frame, info);
        verdict.NextHop = isReply ? connection.Client : connection.Real;
        verdict.Status = isReply ? IpvsStatus.Replied : IpvsStatus.Forwarded;
    }
}
