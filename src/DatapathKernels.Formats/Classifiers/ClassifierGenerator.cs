using DatapathKernels.Filtering;
using DatapathKernels.Formats.Clusters;
using DatapathKernels.Packets;

namespace DatapathKernels.Formats.Classifiers;

/// <summary>
/// Makes rule sets of the three characters of the ClassBench paper, and packets for them, from a seed. Shares are rounded from
/// what the seeds published with that paper give; sets of real networks are not to be had.
/// <code>
///                          access list          firewall              IP chain
/// source/destination       65% both 30-32       65% wide/30-32        60% 16-32 both
///   prefix lengths         15% 30-32/21-24      20% 30-32/wide        20% 30-32 both
///   (wide: 0 to 2)         10% 22-24/30-32       8% 30-32 both        11% wide/24-32
///                          10% 16-30 both        7% 8-16 both          9% 24-32/wide
/// protocol                 87% TCP  8% any      57% TCP  33% UDP      38% UDP  33% any
///                           3% ICMP 2% UDP       5% GRE 4% ICMP 1% any 28% TCP  1% ICMP
/// ports of TCP and UDP     66% to one           59% to one            55% to one
///   (high: 1024 and up)    12% to a range       11% from one          25% from one
///                          22% any               6% high to high       9% to high
///                                                7% one and high       4% to a range
///                                               17% any                7% any
/// </code>
/// Narrow addresses lie in fewer networks than there are rules: one destination network for 14 rules of an access list, one
/// network for two or three rules otherwise, some of them much more used than others.
/// </summary>
public static class ClassifierGenerator
{
    private static readonly ushort[] WellKnown = [22, 25, 53, 69, 80, 88, 110, 123, 143, 161, 443, 514, 1433, 1521, 3306, 5432, 8080, 9003];

    /// <summary>Makes a rule set without repeated rules.</summary>
    /// <param name="character">What it is like.</param>
    /// <param name="rules">Number of rules, 1 or more.</param>
    /// <param name="seed">Same arguments, same rules.</param>
    /// <exception cref="ArgumentOutOfRangeException">There are no rules, or no such character.</exception>
    public static ClassifierRule[] Rules(ClassifierCharacter character, int rules, ulong seed)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(rules, 1);
        if (!Enum.IsDefined(character))
            throw new ArgumentOutOfRangeException(nameof(character), character, "no such character");
        SeededRandom random = new(seed, (ulong)character);
        uint[] sources = Networks((rules / 2) + 1, ref random);
        uint[] destinations = Networks((rules / (character == ClassifierCharacter.AccessList ? 14 : 2)) + 1, ref random);
        HashSet<ClassifierRule> made = [];
        List<ClassifierRule> list = [];
        while (list.Count < rules)
        {
            (int sourceLength, int destinationLength) = Lengths(character, ref random);
            IpProtocol? protocol = ProtocolOf(character, random.Below(100));
            bool hasPorts = protocol is IpProtocol.Tcp or IpProtocol.Udp;
            (PortRange source, PortRange destination) = hasPorts ? Ports(character, ref random) : (PortRange.Any, PortRange.Any);
            ClassifierRule rule = new(
                Pick(sources, sourceLength, ref random), sourceLength, Pick(destinations, destinationLength, ref random), destinationLength, source, destination, protocol);
            if (made.Add(rule))
                list.Add(rule);
        }

        return [.. list];
    }

    /// <summary>
    /// Packets made for rules drawn evenly: addresses, ports and protocol somewhere in what the rule asks for. An earlier rule may
    /// match too. Any protocol becomes TCP or UDP; packets of others have no ports.
    /// </summary>
    /// <exception cref="ArgumentException">There are no rules.</exception>
    public static FlowKeyV4[] Packets(IReadOnlyList<ClassifierRule> rules, int packets, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(rules);
        if (rules.Count == 0)
            throw new ArgumentException("a packet is made for a rule, and there is none", nameof(rules));
        SeededRandom random = new(seed, 16);
        FlowKeyV4[] keys = new FlowKeyV4[packets];
        for (int i = 0; i < packets; i++)
            keys[i] = PacketFor(rules[random.Below(rules.Count)], ref random);
        return keys;
    }

    private static FlowKeyV4 PacketFor(in ClassifierRule rule, ref SeededRandom random)
    {
        IpProtocol protocol = rule.Protocol ?? (random.Below(2) == 0 ? IpProtocol.Tcp : IpProtocol.Udp);
        bool hasPorts = protocol is IpProtocol.Tcp or IpProtocol.Udp or IpProtocol.Sctp;
        return new FlowKeyV4(
            Be(Within(rule.Source, rule.SourceLength, ref random)), Be(Within(rule.Destination, rule.DestinationLength, ref random)),
            hasPorts ? Be(Within(rule.SourcePorts, ref random)) : (ushort)0, hasPorts ? Be(Within(rule.DestinationPorts, ref random)) : (ushort)0, protocol);
    }

    /// <summary>Addresses of 1.0.0.0 to 223.255.255.255, in clusters of sixteen neighbours.</summary>
    private static uint[] Networks(int count, ref SeededRandom random)
    {
        uint[] networks = new uint[count];
        for (int i = 0; i < count; i++)
            networks[i] = i % 16 == 0 ? (uint)((random.Below(223) + 1) << 24) | (uint)random.Below(1 << 24) : networks[i - 1] + (uint)random.Below(64);
        return networks;
    }

    /// <summary>The square of an even draw: the first networks are drawn much more often than the last.</summary>
    private static uint Pick(uint[] networks, int length, ref SeededRandom random)
    {
        double draw = random.NextDouble();
        uint address = length <= 2 ? (uint)random.Next() : networks[(int)(draw * draw * networks.Length)];
        return length == 0 ? 0 : address & (uint.MaxValue << (32 - length));
    }

    private static (int Source, int Destination) Lengths(ClassifierCharacter character, ref SeededRandom random)
    {
        int draw = random.Below(100);
        return character switch
        {
            ClassifierCharacter.AccessList when draw < 65 => (Between(30, 32, ref random), Between(30, 32, ref random)),
            ClassifierCharacter.AccessList when draw < 80 => (Between(30, 32, ref random), Between(21, 24, ref random)),
            ClassifierCharacter.AccessList when draw < 90 => (Between(22, 24, ref random), Between(30, 32, ref random)),
            ClassifierCharacter.AccessList => (Between(16, 30, ref random), Between(16, 30, ref random)),
            ClassifierCharacter.Firewall when draw < 65 => (Wide(ref random), Between(30, 32, ref random)),
            ClassifierCharacter.Firewall when draw < 85 => (Between(30, 32, ref random), Wide(ref random)),
            ClassifierCharacter.Firewall when draw < 93 => (Between(30, 32, ref random), Between(30, 32, ref random)),
            ClassifierCharacter.Firewall => (Between(8, 16, ref random), Between(8, 16, ref random)),
            _ when draw < 60 => (Between(16, 32, ref random), Between(16, 32, ref random)),
            _ when draw < 80 => (Between(30, 32, ref random), Between(30, 32, ref random)),
            _ when draw < 91 => (Wide(ref random), Between(24, 32, ref random)),
            _ => (Between(24, 32, ref random), Wide(ref random)),
        };
    }

    private static IpProtocol? ProtocolOf(ClassifierCharacter character, int draw) => character switch
    {
        ClassifierCharacter.AccessList => draw < 87 ? IpProtocol.Tcp : draw < 95 ? null : draw < 98 ? IpProtocol.Icmp : IpProtocol.Udp,
        ClassifierCharacter.Firewall => draw < 57 ? IpProtocol.Tcp : draw < 90 ? IpProtocol.Udp : draw < 95 ? IpProtocol.Gre : draw < 99 ? IpProtocol.Icmp : null,
        _ => draw < 38 ? IpProtocol.Udp : draw < 71 ? null : draw < 99 ? IpProtocol.Tcp : IpProtocol.Icmp,
    };

    private static (PortRange Source, PortRange Destination) Ports(ClassifierCharacter character, ref SeededRandom random)
    {
        PortRange any = PortRange.Any, high = new(1024, ushort.MaxValue), one = One(ref random);
        int draw = random.Below(100);
        return character switch
        {
            ClassifierCharacter.AccessList => draw < 66 ? (any, one) : draw < 78 ? (any, Range(ref random)) : (any, any),
            ClassifierCharacter.Firewall => draw < 59 ? (any, one) : draw < 70 ? (one, any) : draw < 76 ? (high, high)
                : draw < 80 ? (one, high) : draw < 83 ? (high, one) : (any, any),
            _ => draw < 55 ? (any, one) : draw < 80 ? (one, any) : draw < 89 ? (any, high) : draw < 93 ? (any, Range(ref random)) : (any, any),
        };
    }

    private static PortRange One(ref SeededRandom random)
    {
        ushort port = random.Below(2) == 0 ? WellKnown[random.Below(WellKnown.Length)] : (ushort)(1024 + random.Below(128));
        return new(port, port);
    }

    private static PortRange Range(ref SeededRandom random)
    {
        ushort low = (ushort)(1024 + (random.Below(16) * 512));
        return new(low, (ushort)(low + 1 + random.Below(511)));
    }

    /// <summary>No bits in three of four.</summary>
    private static int Wide(ref SeededRandom random) => random.Below(4) < 3 ? 0 : Between(1, 2, ref random);

    private static int Between(int low, int high, ref SeededRandom random) => low + random.Below(high - low + 1);

    private static uint Within(uint network, int length, ref SeededRandom random) =>
        length == 32 ? network : network | ((uint)random.Next() & (length == 0 ? uint.MaxValue : uint.MaxValue >> length));

    private static ushort Within(PortRange ports, ref SeededRandom random) => (ushort)(ports.Low + random.Below(ports.High - ports.Low + 1));

    private static uint Be(uint value) => BitConverter.IsLittleEndian ? System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(value) : value;

    private static ushort Be(ushort value) => BitConverter.IsLittleEndian ? System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(value) : value;
}
