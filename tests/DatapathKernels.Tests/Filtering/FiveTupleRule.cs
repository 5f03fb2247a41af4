using System.Globalization;
using DatapathKernels.Filtering;
using DatapathKernels.Packets;

namespace DatapathKernels.Tests.Filtering;

/// <summary>A rule of a packet classifier: prefixes, port ranges, protocol (-1 for any). The first that matches wins.</summary>
public readonly record struct FiveTupleRule(uint Source, int SourceLength, uint Destination, int DestinationLength, PortRange SourcePorts, PortRange DestinationPorts, int Protocol)
{
    /// <summary>A line of a ClassBench file: <c>@src/len dst/len lo : hi lo : hi proto/mask ...</c>.</summary>
    public static FiveTupleRule Parse(string line)
    {
        string[] parts = line[1..].Split(['\t', ' ', ':', '/'], StringSplitOptions.RemoveEmptyEntries);
        int protocol = parts[9] == "0x00" ? -1 : Convert.ToInt32(parts[8], 16);
        return new(Number(parts[0]), Int(parts[1]), Number(parts[2]), Int(parts[3]), new((ushort)Int(parts[4]), (ushort)Int(parts[5])), new((ushort)Int(parts[6]), (ushort)Int(parts[7])), protocol);
    }

    /// <summary>As iptables has it: a port test is one of packets with ports.</summary>
    public bool Fits(in FiveTuplePacket packet) =>
        Fits(Source, SourceLength, packet.Source) && Fits(Destination, DestinationLength, packet.Destination)
        && (Protocol < 0 || Protocol == packet.Protocol)
        && ((SourcePorts.IsAny && DestinationPorts.IsAny) || (packet.HasPorts && SourcePorts.Contains(packet.SourcePort) && DestinationPorts.Contains(packet.DestinationPort)));

    /// <summary>The rule as iptables would hold it; a rule of ports for any protocol is one of multiport.</summary>
    public Rule ToRule(int index)
    {
        List<RuleMatch> matches = [];
        if (SourceLength > 0)
            matches.Add(new AddressMatch(PacketSide.Source, IpNetwork.FromPrefix(IpFamily.V4, Source, SourceLength)));
        if (DestinationLength > 0)
            matches.Add(new AddressMatch(PacketSide.Destination, IpNetwork.FromPrefix(IpFamily.V4, Destination, DestinationLength)));
        if (Protocol >= 0)
            matches.Add(new ProtocolMatch((IpProtocol)Protocol));
        PortTest source = new(SourcePorts), destination = new(DestinationPorts);
        if (!source.IsAny || !destination.IsAny)
        {
            if (Protocol == (int)IpProtocol.Tcp)
                matches.Add(new TcpMatch(source, destination));
            else if (Protocol is (int)IpProtocol.Udp or (int)IpProtocol.Sctp)
                matches.Add(new PortMatch((IpProtocol)Protocol, source, destination));
            else
                matches.AddRange([new MultiportMatch(PacketSide.Source, [SourcePorts]), new MultiportMatch(PacketSide.Destination, [DestinationPorts])]);
        }

        return new Rule([.. matches], new VerdictTarget(RuleVerdict.Accept)) { Line = index + 1 };
    }

    private static bool Fits(uint network, int length, uint address) => length == 0 || (network ^ address) >> (32 - length) == 0;

    private static uint Number(string address) => (uint)IpNetwork.ToNumber(System.Net.IPAddress.Parse(address));

    private static int Int(string text) => int.Parse(text, CultureInfo.InvariantCulture);
}
