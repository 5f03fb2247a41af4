using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using DatapathKernels.Conntrack;
using DatapathKernels.Packets;

namespace DatapathKernels.Tests.Filtering;

/// <summary>Connections as <c>/proc/net/nf_conntrack</c> lists them.</summary>
internal static partial class ConntrackText
{
    /// <summary>A line without its remaining seconds and use count.</summary>
    public static string WithoutTimes(string line) => Padding().Replace(Times().Replace(line, "$1").Replace(" use=2", "", StringComparison.Ordinal), " ").Trim();

    public static IEnumerable<string> Lines(ConntrackTable table) =>
        Enumerable.Range(0, table.Places).Select(table.View).OfType<ConnectionView>().Where(view => (view.Status & ConntrackStatus.Confirmed) != 0).Select(Line);

    private static string Line(ConnectionView view)
    {
        bool ipv4 = view.Original.Source.ToString().StartsWith("::ffff:", StringComparison.Ordinal);
        StringBuilder line = new(ipv4 ? "ipv4 2 " : "ipv6 10 ");
        line.Append(NameOf(view.Original.Protocol)).Append(' ').Append((byte)view.Original.Protocol).Append(' ');
        if (view.Original.Protocol == IpProtocol.Tcp)
            line.Append(NameOf(view.Tcp.State)).Append(' ');
        if (view.Original.Protocol == IpProtocol.Gre)
            line.Append("timeout=30, stream_timeout=180 ");
        AppendTuple(line, view.Original, ipv4);
        if ((view.Status & ConntrackStatus.SeenReply) == 0)
            line.Append("[UNREPLIED] ");
        AppendTuple(line, view.Reply, ipv4);
        if ((view.Status & ConntrackStatus.Assured) != 0)
            line.Append("[ASSURED] ");
        return line.Append("mark=").Append(view.Mark).Append(" zone=0").ToString();
    }

    private static void AppendTuple(StringBuilder line, in FlowKeyV6 tuple, bool ipv4)
    {
        line.Append("src=").Append(Text(tuple.Source, ipv4)).Append(" dst=").Append(Text(tuple.Destination, ipv4)).Append(' ');
        switch (tuple.Protocol)
        {
            case IpProtocol.Icmp or IpProtocol.IcmpV6:
                line.Append("type=").Append(tuple.DestinationPort >> 8).Append(" code=").Append(tuple.DestinationPort & 255).Append(" id=").Append(tuple.SourcePort).Append(' ');
                break;
            case IpProtocol.Tcp or IpProtocol.Udp or IpProtocol.UdpLite or IpProtocol.Sctp or IpProtocol.Dccp:
                line.Append("sport=").Append(tuple.SourcePort).Append(" dport=").Append(tuple.DestinationPort).Append(' ');
                break;
            case IpProtocol.Gre:
                line.Append("srckey=0x").Append(tuple.SourcePort.ToString("x")).Append(" dstkey=0x").Append(tuple.DestinationPort.ToString("x")).Append(' ');
                break;
        }
    }

    private static string Text(in IPv6Address address, bool ipv4)
    {
        byte[] bytes = new byte[16];
        address.CopyTo(bytes);
        return ipv4 ? new IPAddress(bytes[12..]).ToString() : string.Join(':', Enumerable.Range(0, 8).Select(i => $"{bytes[i * 2]:x2}{bytes[(i * 2) + 1]:x2}"));
    }

    private static string NameOf(IpProtocol protocol) => protocol switch
    {
        IpProtocol.Tcp => "tcp",
        IpProtocol.Udp => "udp",
        IpProtocol.UdpLite => "udplite",
        IpProtocol.Icmp => "icmp",
        IpProtocol.IcmpV6 => "icmpv6",
        IpProtocol.Gre => "gre",
        IpProtocol.Sctp => "sctp",
        IpProtocol.Dccp => "dccp",
        _ => "unknown",
    };

    private static string NameOf(TcpState state) => state switch
    {
        TcpState.SynSent => "SYN_SENT",
        TcpState.SynRecv => "SYN_RECV",
        TcpState.Established => "ESTABLISHED",
        TcpState.FinWait => "FIN_WAIT",
        TcpState.CloseWait => "CLOSE_WAIT",
        TcpState.LastAck => "LAST_ACK",
        TcpState.TimeWait => "TIME_WAIT",
        TcpState.Close => "CLOSE",
        TcpState.SynSent2 => "SYN_SENT2",
        _ => "NONE",
    };

    [GeneratedRegex(@"^((?:\S+\s+){4})\d+ ")]
    private static partial Regex Times();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Padding();
}
