using System.Globalization;
using System.Net;
using System.Net.Sockets;
using DatapathKernels.Filtering;

namespace DatapathKernels.Formats.Iptables;

/// <summary>Numbers, addresses and ranges as iptables spells them.</summary>
internal static class Literals
{
    /// <summary>Decimal, hexadecimal with 0x, or octal with a leading zero, as strtoul with base 0 reads it.</summary>
    public static bool TryUInt32(ReadOnlySpan<char> text, out uint value)
    {
        if (text.StartsWith("0x", StringComparison.OrdinalIgnoreCase))
            return uint.TryParse(text[2..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value);
        if (text.Length > 1 && text[0] == '0')
            return TryOctal(text[1..], out value);
        return uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value);
    }

    /// <summary>A port, 0 to 65535, in any base that <see cref="TryUInt32"/> reads.</summary>
    public static bool TryPort(ReadOnlySpan<char> text, out ushort port)
    {
        bool ok = TryUInt32(text, out uint value) && value <= ushort.MaxValue;
        port = (ushort)value;
        return ok;
    }

    /// <summary>A number of eight bits, in any base.</summary>
    public static bool TryByte(ReadOnlySpan<char> text, out byte number)
    {
        bool ok = TryUInt32(text, out uint value) && value <= byte.MaxValue;
        number = (byte)value;
        return ok;
    }

    /// <summary>
    /// <c>80</c>, <c>80:90</c>, <c>:90</c>, <c>80:</c>, and with names <c>ftp:ssh</c>; the separator of NAT targets is a dash, and
    /// neither there nor in lists may an end be left out. A range the wrong way round, where iptables and the kernel take it, holds none.
    /// </summary>
    public static bool TryPorts(ReadOnlySpan<char> text, char separator, out PortRange range, bool byName = false, bool mayBeOpen = true, bool mayBeEmpty = false)
    {
        range = PortRange.Any;
        int at = text.IndexOf(separator);
        ushort low = 0, high = ushort.MaxValue;
        if (at < 0)
        {
            if (!TryPort(text, byName, out low))
                return false;
            range = new PortRange(low, low);
            return true;
        }

        if (!mayBeOpen && (at == 0 || at + 1 == text.Length))
            return false;
        if ((at > 0 && !TryPort(text[..at], byName, out low)) || (at + 1 < text.Length && !TryPort(text[(at + 1)..], byName, out high)) || (low > high && !mayBeEmpty))
            return false;
        range = new PortRange(low, high);
        return true;
    }

    private static bool TryPort(ReadOnlySpan<char> text, bool byName, out ushort port) => TryPort(text, out port) || (byName && Names.TryService(text, out port));

    /// <summary>
    /// An address of either family; the family is told. A short one may leave its last parts out, which are zero, as iptables
    /// takes <c>10/8</c>.
    /// </summary>
    public static bool TryAddress(ReadOnlySpan<char> text, out IpFamily family, out UInt128 address, bool isShort = false)
    {
        family = text.Contains(':') ? IpFamily.V6 : IpFamily.V4;
        address = default;
        if (family == IpFamily.V4)
        {
            bool ok = TryV4(text, isShort ? 1 : 4, out uint v4);
            address = v4;
            return ok;
        }

        if (text.ContainsAny('%', '[', ']') || !IPAddress.TryParse(text, out IPAddress? parsed) || parsed.AddressFamily != AddressFamily.InterNetworkV6)
            return false;
        address = IpNetwork.ToNumber(parsed);
        return true;
    }

    /// <summary>An address alone, with a prefix length, or with a mask.</summary>
    public static bool TryNetwork(ReadOnlySpan<char> text, out IpNetwork network, bool isShort = false)
    {
        network = default;
        int slash = text.IndexOf('/');
        if (!TryAddress(slash < 0 ? text : text[..slash], out IpFamily family, out UInt128 address, isShort))
            return false;
        uint bits = (uint)IpNetwork.Bits(family);
        if (slash >= 0 && !TryUInt32(text[(slash + 1)..], out bits))
        {
            if (!TryAddress(text[(slash + 1)..], out IpFamily maskFamily, out UInt128 mask) || maskFamily != family)
                return false;
            network = new IpNetwork(family, address & mask, mask);
            return true;
        }

        if (bits > IpNetwork.Bits(family))
            return false;
        network = IpNetwork.FromPrefix(family, address, (int)bits);
        return true;
    }

    /// <summary><c>value</c> or <c>value/mask</c>.</summary>
    public static bool TryMasked(ReadOnlySpan<char> text, out uint value, out uint mask)
    {
        mask = uint.MaxValue;
        int slash = text.IndexOf('/');
        return slash < 0
            ? TryUInt32(text, out value)
            : TryUInt32(text[..slash], out value) & TryUInt32(text[(slash + 1)..], out mask);
    }

    /// <summary><c>src,dst</c>: one to six sides.</summary>
    public static bool TryDirections(ReadOnlySpan<char> text, out IpSetDirections directions)
    {
        Span<PacketSide> sides = stackalloc PacketSide[IpSetDirections.MaxCount];
        int count = 0;
        directions = default;
        foreach (Range part in text.Split(','))
        {
            if (count == sides.Length || text[part] is not ("src" or "dst"))
                return false;
            sides[count++] = text[part] is "src" ? PacketSide.Source : PacketSide.Destination;
        }

        directions = new IpSetDirections(sides[..count]);
        return true;
    }

    /// <summary>Up to four parts, as strtoul reads them.</summary>
    private static bool TryV4(ReadOnlySpan<char> text, int leastParts, out uint address)
    {
        address = 0;
        int parts = 0;
        foreach (Range part in text.Split('.'))
        {
            if (++parts > 4 || !TryUInt32(text[part], out uint value) || value > byte.MaxValue)
                return false;
            address |= value << (32 - (8 * parts));
        }

        return parts >= leastParts;
    }

    private static bool TryOctal(ReadOnlySpan<char> text, out uint value)
    {
        value = 0;
        foreach (char c in text)
        {
            if (c is < '0' or > '7' || value > uint.MaxValue >> 3)
                return false;
            value = (value << 3) | (uint)(c - '0');
        }

        return true;
    }
}
