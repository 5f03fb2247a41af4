using System.Net;
using DatapathKernels.Packets;
using DatapathKernels.Tests.Filtering;

namespace DatapathKernels.Tests.Formats.Kubernetes.Policy;

/// <summary>A packet to ask policies about; without a port an echo request, or with <paramref name="Fragment"/> a later IPv4 fragment.</summary>
public sealed record PolicyFlow(string Source, string Destination, IpProtocol Protocol, int? Port, bool Fragment = false)
{
    public bool IsV6 => Source.Contains(':');

    public IPAddress From => IPAddress.Parse(Source);

    public IPAddress To => IPAddress.Parse(Destination);

    public TestPacket Packet()
    {
        if (Protocol is not (IpProtocol.Tcp or IpProtocol.Udp or IpProtocol.Sctp))
            return TestPacket.Icmp(Source, Destination, (byte)(IsV6 ? 128 : 8));
        TestPacket packet = TestPacket.OfProtocol(Protocol.ToString().ToLowerInvariant(), Source, Destination, Port ?? 80);
        return Fragment ? packet.AsLaterFragment() : packet;
    }

    /// <summary>Reads <c>10.0.0.1 > 10.0.0.2 tcp/80</c>, <c>... icmp</c>, <c>... tcp fragment</c>.</summary>
    public static PolicyFlow Parse(string text)
    {
        string[] words = text.Split(' ');
        string[] port = words[3].Split('/');
        bool v6 = words[0].Contains(':');
        IpProtocol protocol = port[0] == "icmp" ? v6 ? IpProtocol.IcmpV6 : IpProtocol.Icmp : Enum.Parse<IpProtocol>(port[0], ignoreCase: true);
        return new(words[0], words[2], protocol, port.Length > 1 ? int.Parse(port[1]) : null, words.Length > 4);
    }

    public override string ToString() => $"{Source} > {Destination} {Protocol}/{Port}{(Fragment ? " fragment" : "")}";
}
