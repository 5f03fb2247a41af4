using DatapathKernels.Filtering;
using DatapathKernels.Formats.Iptables;
using DatapathKernels.Packets;

namespace DatapathKernels.Formats.Ipset;

/// <summary>Entries as ipset writes them: <c>10.0.0.1,tcp:80,10.0.0.0/8</c>; ranges of addresses and ports become one entry each.</summary>
internal sealed class IpSetEntryReader(IpSet set)
{
    private const int MostEntries = 1 << 16;

    public List<IpSetEntry> Entries { get; } = [];

    /// <summary>What an entry of the set looks like.</summary>
    public static string Shape(IpSet set) => set.Kind switch
    {
        IpSetKind.HashIp or IpSetKind.BitmapIp => "an address like 10.0.0.1",
        IpSetKind.HashNet => "a network like 10.0.0.0/8",
        IpSetKind.BitmapPort => "a port like 80",
        IpSetKind.HashIpPort => "address and port like 10.0.0.1,tcp:80",
        IpSetKind.HashNetPort => "network and port like 10.0.0.0/8,tcp:80",
        IpSetKind.HashIpPortIp => "addresses and port like 10.0.0.1,tcp:80,10.0.0.2",
        _ => "address, port and network like 10.0.0.1,tcp:80,10.0.0.0/8",
    } + (set.Family == IpFamily.V6 ? " (of IPv6)" : "");

    public bool TryRead(ReadOnlySpan<char> text)
    {
        if (set.Kind == IpSetKind.BitmapPort)
            return TryPorts(text);
        Span<Range> parts = stackalloc Range[4];
        int count = text.Split(parts, ',');
        if (count != set.Dimension)
            return false;
        IpSetEntry entry = default;
        PortRange ports = new(0, 0);
        if (count > 1 && !TryPort(text[parts[1]], ref entry, out ports))
            return false;
        if (count > 2 && !TrySecond(text[parts[2]], ref entry))
            return false;
        return TryFirst(text[parts[0]], entry, ports);
    }

    /// <summary>A single address, a range with a dash, or a network as a range.</summary>
    public static bool TryAddresses(ReadOnlySpan<char> text, IpFamily family, out UInt128 first, out UInt128 last)
    {
        int dash = text.IndexOf('-');
        last = first = 0;
        if (dash >= 0)
        {
            return Literals.TryAddress(text[..dash], out IpFamily low, out first) && Literals.TryAddress(text[(dash + 1)..], out IpFamily high, out last)
                && low == family && high == family && first <= last;
        }

        if (!Literals.TryNetwork(text, out IpNetwork network) || network.Family != family || network.PrefixLength < 0)
            return false;
        first = network.Address;
        last = first | (~network.Mask & IpNetwork.MaskOf(family, IpNetwork.Bits(family)));
        return true;
    }

    private bool TryFirst(ReadOnlySpan<char> text, IpSetEntry entry, PortRange ports)
    {
        if (set.Kind is IpSetKind.HashNet or IpSetKind.HashNetPort)
        {
            if (!Literals.TryNetwork(text, out IpNetwork network) || network.Family != set.Family || network.PrefixLength < 0)
                return false;
            return TryAdd(entry with { Address = network.Address, PrefixLength = (byte)network.PrefixLength }, ports);
        }

        if (!TryAddresses(text, set.Family, out UInt128 first, out UInt128 last) || last - first >= MostEntries)
            return false;
        UInt128 step = set.Options.NetMask is { } bits ? UInt128.One << (IpNetwork.Bits(set.Family) - bits) : UInt128.One;
        for (UInt128 address = first; ; address += step)
        {
            if (!TryAdd(entry with { Address = address }, ports))
                return false;
            if (last - address < step)
                return true;
        }
    }

    private bool TryAdd(IpSetEntry entry, PortRange ports)
    {
        for (int port = ports.Low; port <= ports.High; port++)
        {
            if (Entries.Count == MostEntries)
                return false;
            Entries.Add(entry with { Port = (ushort)port });
        }

        return true;
    }

    private bool TrySecond(ReadOnlySpan<char> text, ref IpSetEntry entry)
    {
        if (!Literals.TryNetwork(text, out IpNetwork network) || network.Family != set.Family)
            return false;
        int length = network.PrefixLength;
        bool single = length == IpNetwork.Bits(set.Family);
        entry = entry with { Address2 = network.Address, PrefixLength2 = (byte)(set.Kind == IpSetKind.HashIpPortNet ? Math.Max(length, 0) : 0) };
        return length >= 0 && (single || set.Kind == IpSetKind.HashIpPortNet);
    }

    /// <summary><c>tcp:80</c>, <c>udp:1000-2000</c>, <c>80</c> (TCP), <c>icmp:echo-request</c>, <c>icmp:8/0</c>, <c>gre:0</c>.</summary>
    private static bool TryPort(ReadOnlySpan<char> text, ref IpSetEntry entry, out PortRange ports)
    {
        int colon = text.IndexOf(':');
        IpProtocol protocol = IpProtocol.Tcp;
        ports = default;
        if (colon >= 0 && !Names.TryFind(Names.Protocols, text[..colon], out protocol))
        {
            if (!byte.TryParse(text[..colon], out byte number))
                return false;
            protocol = (IpProtocol)number;
        }

        entry = entry with { Protocol = protocol };
        ReadOnlySpan<char> port = text[(colon + 1)..];
        return protocol is IpProtocol.Icmp or IpProtocol.IcmpV6 ? TryIcmp(protocol, port, out ports) : Literals.TryPorts(port, '-', out ports);
    }

    private static bool TryIcmp(IpProtocol protocol, ReadOnlySpan<char> text, out PortRange ports)
    {
        ports = default;
        if (Names.TryFind(protocol == IpProtocol.Icmp ? Names.Icmp : Names.IcmpV6, text, out (byte Type, byte? Code) named))
        {
            ushort value = (ushort)((named.Type << 8) | (named.Code ?? 0));
            ports = new PortRange(value, value);
            return true;
        }

        int slash = text.IndexOf('/');
        if (slash < 0 || !byte.TryParse(text[..slash], out byte type) || !byte.TryParse(text[(slash + 1)..], out byte code))
            return false;
        ports = new PortRange((ushort)((type << 8) | code), (ushort)((type << 8) | code));
        return true;
    }

    private bool TryPorts(ReadOnlySpan<char> text)
    {
        int colon = text.IndexOf(':');
        return Literals.TryPorts(text[(colon + 1)..], '-', out PortRange ports) && TryAdd(default, ports);
    }
}
