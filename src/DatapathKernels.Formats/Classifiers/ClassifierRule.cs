using System.Globalization;
using System.Net;
using DatapathKernels.Filtering;
using DatapathKernels.Packets;

namespace DatapathKernels.Formats.Classifiers;

/// <summary>A rule of an IPv4 packet classifier: two prefixes, two ranges of ports, a protocol. The first rule that matches wins.</summary>
/// <param name="Source">The source network, number form: <c>10.0.0.1</c> is <c>0x0A000001</c>.</param>
/// <param name="SourceLength">Bits of it that count, 0 to 32.</param>
/// <param name="Destination">The destination network.</param>
/// <param name="DestinationLength">Bits of it that count, 0 to 32.</param>
/// <param name="SourcePorts">The source ports; any also matches packets without ports.</param>
/// <param name="DestinationPorts">The destination ports; any also matches packets without ports.</param>
/// <param name="Protocol">The protocol; null for any.</param>
public readonly record struct ClassifierRule(
    uint Source, int SourceLength, uint Destination, int DestinationLength, PortRange SourcePorts, PortRange DestinationPorts, IpProtocol? Protocol)
{
    /// <summary>
    /// A line of a ClassBench file: <c>@SOURCE/LEN DESTINATION/LEN LOW : HIGH LOW : HIGH PROTOCOL/MASK</c>, protocol and mask in
    /// hexadecimal. What follows (TCP flags, in some files) is left out.
    /// </summary>
    /// <exception cref="FormatException">The line is none of those.</exception>
    public static ClassifierRule Parse(string line)
    {
        ArgumentNullException.ThrowIfNull(line);
        string[] parts = line.Split(['@', '\t', ' ', ':', '/'], StringSplitOptions.RemoveEmptyEntries);
        if (parts.Length < 10)
            throw new FormatException($"\"{line}\": expected @SOURCE/LEN DESTINATION/LEN LOW : HIGH LOW : HIGH PROTOCOL/MASK");
        IpProtocol? protocol = Hexadecimal(parts[9]) == 0 ? null : (IpProtocol)Hexadecimal(parts[8]);
        return new(Address(parts[0]), Length(parts[1]), Address(parts[2]), Length(parts[3]), Ports(parts[4], parts[5]), Ports(parts[6], parts[7]), protocol);
    }

    /// <summary>True when a packet matches, as iptables has it: a test of ports is one of packets with ports.</summary>
    public bool Matches(in FlowKeyV4 packet) =>
        Contains(Source, SourceLength, packet.SourceBe) && Contains(Destination, DestinationLength, packet.DestinationBe)
        && (Protocol is null || Protocol == packet.Protocol)
        && ((SourcePorts.IsAny && DestinationPorts.IsAny)
            || (packet.Protocol is IpProtocol.Tcp or IpProtocol.Udp or IpProtocol.Sctp && SourcePorts.Contains(packet.SourcePort) && DestinationPorts.Contains(packet.DestinationPort)));

    /// <summary>
    /// The rules iptables needs to accept what matches, all of one line: one, unless ports are asked for without a protocol. iptables reads ports of a
    /// protocol that was named, so that is one rule for each that has them; and none where the protocol named has no ports, for nothing matches.
    /// </summary>
    /// <param name="line">The line they are said to stand in, from 1.</param>
    public IReadOnlyList<Rule> ToRules(int line)
    {
        bool hasPorts = !SourcePorts.IsAny || !DestinationPorts.IsAny;
        if (!hasPorts)
            return [ToRule(line, Protocol, null)];
        (PortTest source, PortTest destination) = (new(SourcePorts), new(DestinationPorts));
        List<Rule> rules = [];
        foreach (IpProtocol protocol in WithPorts)
        {
            if ((Protocol ?? protocol) == protocol)
                rules.Add(ToRule(line, protocol, protocol == IpProtocol.Tcp ? new TcpMatch(source, destination) : new PortMatch(protocol, source, destination)));
        }

        return rules;
    }

    private static ReadOnlySpan<IpProtocol> WithPorts => [IpProtocol.Tcp, IpProtocol.Udp, IpProtocol.Sctp];

    private Rule ToRule(int line, IpProtocol? protocol, RuleMatch? ports)
    {
        List<RuleMatch> matches = [];
        if (SourceLength > 0)
            matches.Add(new AddressMatch(PacketSide.Source, IpNetwork.FromPrefix(IpFamily.V4, Source, SourceLength)));
        if (DestinationLength > 0)
            matches.Add(new AddressMatch(PacketSide.Destination, IpNetwork.FromPrefix(IpFamily.V4, Destination, DestinationLength)));
        if (protocol is { } named)
            matches.Add(new ProtocolMatch(named));
        if (ports is not null)
            matches.Add(ports);
        return new Rule([.. matches], new VerdictTarget(RuleVerdict.Accept)) { Line = line };
    }

    private static bool Contains(uint network, int length, uint addressBe) =>
        length == 0 || (network ^ (uint)IPAddress.NetworkToHostOrder((int)addressBe)) >> (32 - length) == 0;

    private static uint Address(string text) => IPAddress.TryParse(text, out IPAddress? address)
        ? (uint)IpNetwork.ToNumber(address)
        : throw new FormatException($"\"{text}\": expected an IPv4 address");

    private static int Length(string text) => int.Parse(text, CultureInfo.InvariantCulture) is >= 0 and <= 32 and var length
        ? length
        : throw new FormatException($"\"{text}\": expected a length from 0 to 32");

    private static PortRange Ports(string low, string high) => new(ushort.Parse(low, CultureInfo.InvariantCulture), ushort.Parse(high, CultureInfo.InvariantCulture));

    private static byte Hexadecimal(string text) => byte.Parse(text.AsSpan(text.StartsWith("0x", StringComparison.OrdinalIgnoreCase) ? 2 : 0), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
}
