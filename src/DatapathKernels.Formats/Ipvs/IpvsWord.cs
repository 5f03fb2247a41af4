using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Numerics;
using DatapathKernels.Filtering;
using DatapathKernels.Formats.Iptables;

namespace DatapathKernels.Formats.Ipvs;

/// <summary>The value of an option, with its place in the line for messages.</summary>
/// <param name="Text">The value.</param>
/// <param name="Column">Its column, from 1.</param>
internal readonly record struct IpvsWord(string Text, int Column)
{
    public SyntaxException Expected(string what) => new(Column, $"expected {what}, found '{(Text.Length <= 40 ? Text : Text[..40])}'");

    public uint Number(string expected, uint least, uint most) =>
        uint.TryParse(Text, NumberStyles.None, CultureInfo.InvariantCulture, out uint value) && value >= least && value <= most
            ? value
            : throw Expected(expected);

    /// <summary><c>10.0.0.1:80</c>, <c>[fd00::1]:80</c>, or either without a port, which is null then.</summary>
    public (IPAddress Address, ushort? Port) Endpoint()
    {
        const string expected = "an address and port like 10.0.0.1:80 or [fd00::1]:80 (names are not looked up: save with -n)";
        int close = Text.StartsWith('[') ? Text.IndexOf(']', StringComparison.Ordinal) : -1;
        int end = close >= 0 ? close + 1 : Text.Contains(':', StringComparison.Ordinal) ? Text.IndexOf(':', StringComparison.Ordinal) : Text.Length;
        ReadOnlySpan<char> host = close >= 0 ? Text.AsSpan(1, close - 1) : Text.AsSpan(0, end);
        ReadOnlySpan<char> rest = Text.AsSpan(end);
        ushort port = 0;
        bool ok = Literals.TryAddress(host, out IpFamily family, out UInt128 number)
            && family == (close >= 0 ? IpFamily.V6 : IpFamily.V4)
            && (rest.IsEmpty || (rest[0] == ':' && Literals.TryPort(rest[1..], out port)));
        return ok ? (ToAddress(family, number), rest.IsEmpty ? null : port) : throw Expected(expected);
    }

    /// <summary>The length of a mask: <c>255.255.255.0</c>, or <c>64</c> for IPv6.</summary>
    public int PrefixLength(bool ipv6)
    {
        if (ipv6)
            return (int)Number("a prefix length from 1 to 128", 1, 128);
        if (!Literals.TryAddress(Text, out IpFamily family, out UInt128 number) || family != IpFamily.V4)
            throw Expected("a mask like 255.255.255.0");
        uint mask = (uint)number;
        int length = BitOperations.LeadingZeroCount(~mask);
        return mask == (uint)IpNetwork.MaskOf(IpFamily.V4, length) ? length : throw Expected("a mask of leading bits like 255.255.255.0");
    }

    private static IPAddress ToAddress(IpFamily family, UInt128 number)
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, number);
        return new IPAddress(family == IpFamily.V6 ? bytes : bytes[12..]);
    }
}
