using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using DatapathKernels.Packets;

namespace DatapathKernels.Overlay;

/// <summary>
/// Explicit congestion notification through tunnels: what the outer header says of the inner one's codepoint, and what becomes of
/// both at the end. Codepoints are the low two bits of TOS or traffic class: 0 Not-ECT, 1 ECT(1), 2 ECT(0), 3 CE.
/// </summary>
public static class Ecn
{
    /// <summary>The bits of the codepoint.</summary>
    public const byte Mask = 3;

    private const byte NotEct = 0, Ect1 = 1, Ect0 = 2, Ce = 3;

    /// <summary>
    /// The DS field of an outer header.
    /// </summary>
    /// <param name="outer">The DS field the tunnel has; its codepoint does not count.</param>
    /// <param name="inner">The inner DS field.</param>
    /// <param name="mode">How the inner codepoint shows outside.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static byte Encapsulate(byte outer, byte inner, EcnMode mode = EcnMode.Linux)
    {
        int codepoint = mode == EcnMode.Compatibility ? NotEct : inner & Mask;
        return (byte)((outer & ~Mask) | (codepoint == Ce && mode == EcnMode.Linux ? Ect0 : codepoint));
    }

    /// <summary>What becomes of the inner codepoint at the end of a tunnel (RFC 6040, figure 4; <c>__INET_ECN_decapsulate</c>).</summary>
    /// <param name="outer">The outer DS field.</param>
    /// <param name="inner">The inner DS field.</param>
    /// <param name="result">The inner codepoint from now on.</param>
    /// <returns>False when the packet is to be dropped: congestion was met, and its sender would not learn of it.</returns>
    public static bool TryDecapsulate(byte outer, byte inner, out byte result)
    {
        (int from, int codepoint) = (outer & Mask, inner & Mask);
        result = (byte)codepoint;
        if (codepoint == NotEct)
            return from != Ce;
        if (from == Ce)
            result = Ce;
        else if (from == Ect1 && codepoint == Ect0)
            result = Ect1;
        return true;
    }

    /// <summary>Says that an IPv4 packet met congestion, and mends its header's checksum (<c>IP_ECN_set_ce</c>).</summary>
    /// <param name="header">An IPv4 header.</param>
    /// <returns>False when its sender does not know ECN: then nothing is written. A packet already marked stays so.</returns>
    /// <exception cref="ArgumentException">Fewer than 20 bytes.</exception>
    public static bool TrySetCe(Span<byte> header)
    {
        int codepoint = header[..20][1] & Mask;
        if (codepoint != NotEct)
            SetIpv4(header, Ce);
        return codepoint != NotEct;
    }

    /// <summary>Writes the codepoint of an IPv4 or IPv6 packet, mending IPv4's checksum.</summary>
    internal static void Set(Span<byte> packet, byte codepoint)
    {
        if (packet[0] >> 4 == 4)
            SetIpv4(packet, codepoint);
        else
            packet[1] = (byte)((packet[1] & ~(Mask << 4)) | (codepoint << 4));
    }

    /// <summary>The DS field of a packet, 0 of what is no IP.</summary>
    internal static byte DsField(ReadOnlySpan<byte> packet)
    {
        if (packet.Length >= 20 && packet[0] >> 4 == 4)
            return packet[1];
        return packet.Length >= 40 && packet[0] >> 4 == 6 ? (byte)(BinaryPrimitives.ReadUInt16BigEndian(packet) >> 4) : (byte)0;
    }

    private static void SetIpv4(Span<byte> header, byte codepoint)
    {
        byte old = header[1], value = (byte)((old & ~Mask) | codepoint);
        if (old == value)
            return;
        header[1] = value;

        // The complement of the sum falls by what the word rises.
        int sum = BinaryPrimitives.ReadUInt16BigEndian(header[10..]) + old - value;
        sum = sum < 0 ? sum + 0xffff : sum > 0xffff ? sum - 0xffff : sum;
        BinaryPrimitives.WriteUInt16BigEndian(header[10..], (ushort)sum);
    }
}
