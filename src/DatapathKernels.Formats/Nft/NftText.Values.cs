using System.Globalization;
using System.Net;
using System.Net.Sockets;
using DatapathKernels.Filtering;
using DatapathKernels.Filtering.Nft;
using DatapathKernels.Packets;

namespace DatapathKernels.Formats.Nft;

/// <content>Values of every type.</content>
internal static partial class NftText
{
    private static readonly (string Name, IpProtocol Protocol)[] Protocols =
    [
        ("tcp", IpProtocol.Tcp), ("udp", IpProtocol.Udp), ("sctp", IpProtocol.Sctp), ("icmp", IpProtocol.Icmp), ("ipv6-icmp", IpProtocol.IcmpV6),
        ("icmpv6", IpProtocol.IcmpV6), ("udplite", IpProtocol.UdpLite), ("dccp", IpProtocol.Dccp), ("gre", IpProtocol.Gre), ("esp", IpProtocol.Esp), ("ah", IpProtocol.Ah),
    ];

    private static readonly (string Name, ConnectionStates State)[] States =
    [
        ("invalid", ConnectionStates.Invalid), ("established", ConnectionStates.Established), ("related", ConnectionStates.Related),
        ("new", ConnectionStates.New), ("untracked", ConnectionStates.Untracked),
    ];

    private static readonly (string Name, ConnectionStatuses Status)[] Statuses =
    [
        ("expected", ConnectionStatuses.Expected), ("seen-reply", ConnectionStatuses.SeenReply), ("assured", ConnectionStatuses.Assured),
        ("confirmed", ConnectionStatuses.Confirmed), ("snat", ConnectionStatuses.SourceNat), ("dnat", ConnectionStatuses.DestinationNat),
    ];

    private static readonly (string Name, AddressTypes Type)[] AddressKinds =
    [
        ("unspec", AddressTypes.Unspecified), ("unicast", AddressTypes.Unicast), ("local", AddressTypes.Local), ("broadcast", AddressTypes.Broadcast),
        ("anycast", AddressTypes.Anycast), ("multicast", AddressTypes.Multicast), ("blackhole", AddressTypes.Blackhole),
        ("unreachable", AddressTypes.Unreachable), ("prohibit", AddressTypes.Prohibit),
    ];

    public static bool TryParseInteger(string text, out int value) => int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value);

    /// <summary>A number, decimal or hexadecimal.</summary>
    public static bool TryParseNumber(ReadOnlySpan<char> text, out UInt128 value) => text.StartsWith("0x")
        ? UInt128.TryParse(text[2..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value)
        : UInt128.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value);

    /// <summary>A value, a range or a prefix.</summary>
    public static bool TryParseValue(NftDataType type, string text, out NftValue value)
    {
        if (type is NftDataType.Ipv4Address or NftDataType.Ipv6Address && text.IndexOf('/') is var slash and > 0)
            return TryParsePrefix(type, text.AsSpan(0, slash), text.AsSpan(slash + 1), out value);
        if (TryParseSingle(type, text, out UInt128 single))
        {
            value = NftValue.Of(single);
            return true;
        }

        int dash = text.IndexOf('-');
        UInt128 high = UInt128.Zero;
        bool range = dash > 0 && TryParseSingle(type, text.AsSpan(0, dash), out single) && TryParseSingle(type, text.AsSpan(dash + 1), out high) && single <= high;
        value = new NftValue(single, high);
        return range;
    }

    private static bool TryParsePrefix(NftDataType type, ReadOnlySpan<char> address, ReadOnlySpan<char> length, out NftValue value)
    {
        IpFamily family = type == NftDataType.Ipv4Address ? IpFamily.V4 : IpFamily.V6;
        int prefix = 0;
        bool fits = TryParseSingle(type, address, out UInt128 number)
            && int.TryParse(length, NumberStyles.None, CultureInfo.InvariantCulture, out prefix) && prefix <= IpNetwork.Bits(family);
        value = fits ? NftValue.Of(IpNetwork.FromPrefix(family, number, prefix)) : default;
        return fits;
    }

    private static bool TryParseSingle(NftDataType type, ReadOnlySpan<char> text, out UInt128 value)
    {
        string word = text.ToString();
        switch (type)
        {
            case NftDataType.Ipv4Address or NftDataType.Ipv6Address:
                return TryParseAddress(text, type == NftDataType.Ipv4Address ? IpFamily.V4 : IpFamily.V6, out value);
            case NftDataType.Protocol when Array.Find(Protocols, known => known.Name == word) is { Name: not null } protocol:
                value = (byte)protocol.Protocol;
                return true;
            case NftDataType.State when Array.Find(States, known => known.Name == word) is { Name: not null } state:
                value = (byte)state.State;
                return true;
            case NftDataType.Status when Array.Find(Statuses, known => known.Name == word) is { Name: not null } status:
                value = (byte)status.Status;
                return true;
            case NftDataType.AddressType when Array.Find(AddressKinds, known => known.Name == word) is { Name: not null } kind:
                value = (ushort)kind.Type;
                return true;
            case NftDataType.State or NftDataType.Status or NftDataType.AddressType:
                value = UInt128.Zero;
                return false;
            default:
                return TryParseNumber(text, out value) && value <= NftFields.Largest(type);
        }
    }

    private static bool TryParseAddress(ReadOnlySpan<char> text, IpFamily family, out UInt128 number)
    {
        AddressFamily expected = family == IpFamily.V4 ? AddressFamily.InterNetwork : AddressFamily.InterNetworkV6;
        bool full = family == IpFamily.V6 || text.Count('.') == 3;
        bool fits = full && IPAddress.TryParse(text, out IPAddress? address) && address.AddressFamily == expected;
        number = fits ? IpNetwork.ToNumber(IPAddress.Parse(text)) : UInt128.Zero;
        return fits;
    }

    /// <summary>What follows <c>to</c>: an address or two with a dash, a colon and a port or two; IPv6 with a port in brackets.</summary>
    public static bool TryParseTarget(string text, IpFamily family, out UInt128? low, out UInt128? high, out PortRange? ports)
    {
        low = high = null;
        ports = null;
        int colon = family == IpFamily.V4 ? text.IndexOf(':') : text.StartsWith(':') && !text.StartsWith("::", StringComparison.Ordinal) ? 0 : text.IndexOf("]:", StringComparison.Ordinal) is var end and >= 0 ? end + 1 : -1;
        ReadOnlySpan<char> addresses = colon < 0 ? text : text.AsSpan(0, colon);
        if (colon >= 0)
        {
            if (!TryParseValue(NftDataType.Port, text[(colon + 1)..], out NftValue port))
                return false;
            ports = new PortRange((ushort)port.Low, (ushort)port.High);
        }

        if (addresses.IsEmpty)
            return ports is not null;
        string bare = addresses.ToString().Replace("[", "", StringComparison.Ordinal).Replace("]", "", StringComparison.Ordinal);
        if (!TryParseValue(family == IpFamily.V4 ? NftDataType.Ipv4Address : NftDataType.Ipv6Address, bare, out NftValue range))
            return false;
        (low, high) = (range.Low, range.High);
        return true;
    }

    /// <summary>Seconds without unit, or numbers with d, h, m, s, ms.</summary>
    public static bool TryParseDuration(string text, out long ms)
    {
        ms = 0;
        int at = 0;
        while (at < text.Length)
        {
            int digits = at;
            while (digits < text.Length && char.IsAsciiDigit(text[digits]))
                digits++;
            int end = digits;
            while (end < text.Length && !char.IsAsciiDigit(text[end]))
                end++;
            long unit = text[digits..end] switch { "ms" => 1, "s" or "" => 1000, "m" => 60_000, "h" => 3_600_000, "d" => 86_400_000, _ => 0 };
            if (unit == 0 || !int.TryParse(text.AsSpan(at, digits - at), NumberStyles.None, CultureInfo.InvariantCulture, out int number))
                return false;
            ms += number * unit;
            at = end;
        }

        return text.Length > 0;
    }

    /// <summary>As kube-proxy writes durations: in seconds, where they are whole.</summary>
    public static string Duration(long ms) => ms % 1000 == 0
        ? string.Create(CultureInfo.InvariantCulture, $"{ms / 1000}s")
        : string.Create(CultureInfo.InvariantCulture, $"{ms}ms");

    /// <summary>The text of a value.</summary>
    public static string Format(NftDataType type, NftValue value)
    {
        if (type == NftDataType.InterfaceName)
            return $"\"{value.Name}\"";
        if (type is NftDataType.State or NftDataType.Status)
            return FormatBits(type, (byte)value.Low);
        if (value.IsSingle)
            return FormatSingle(type, value.Low);
        if (type is NftDataType.Ipv4Address or NftDataType.Ipv6Address)
        {
            IpFamily family = type == NftDataType.Ipv4Address ? IpFamily.V4 : IpFamily.V6;
            UInt128 host = value.Low ^ value.High;
            if ((host & (host + 1)) == UInt128.Zero && (value.Low & host) == UInt128.Zero)
                return new IpNetwork(family, value.Low, IpNetwork.MaskOf(family, IpNetwork.Bits(family)) & ~host).ToString();
        }

        return $"{FormatSingle(type, value.Low)}-{FormatSingle(type, value.High)}";
    }

    private static string FormatBits(NftDataType type, byte bits)
    {
        IEnumerable<string> names = type == NftDataType.State
            ? States.Where(state => (bits & (byte)state.State) != 0).Select(state => state.Name)
            : Statuses.Where(status => (bits & (byte)status.Status) != 0).Select(status => status.Name);
        return string.Join(',', names);
    }

    private static string FormatSingle(NftDataType type, UInt128 value) => type switch
    {
        NftDataType.Ipv4Address => IpNetwork.Format(IpFamily.V4, value),
        NftDataType.Ipv6Address => IpNetwork.Format(IpFamily.V6, value),
        NftDataType.Protocol when Array.Find(Protocols, known => known.Protocol == (IpProtocol)(byte)value) is { Name: not null } protocol => protocol.Name,
        NftDataType.AddressType when Array.Find(AddressKinds, known => known.Type == (AddressTypes)(ushort)value) is { Name: not null } kind => kind.Name,
        NftDataType.Mark => Hex((ulong)value),
        _ => value.ToString(CultureInfo.InvariantCulture),
    };

    /// <summary>As kube-proxy writes bits.</summary>
    public static string Hex(ulong bits) => string.Create(CultureInfo.InvariantCulture, $"0x{bits:x4}");
}
