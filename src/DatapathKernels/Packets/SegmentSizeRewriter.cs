using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace DatapathKernels.Packets;

/// <summary>
/// Lowers the maximum segment size that a TCP SYN announces, or announces one where there was none, as Linux's
/// <c>xt_TCPMSS</c> does, checksums mended.
/// </summary>
public static class SegmentSizeRewriter
{
    private const int Option = 2, OptionBytes = 4, HeaderBytes = 20, MaxHeaderBytes = 60, NoOperation = 1;

    /// <summary>
    /// Never raises the size. A packet without the option gets one (at most 536 bytes over IPv4 and 1,220 over IPv6, what
    /// hosts assume without it) unless it carries data or its header is full: then it stays as it is.
    /// </summary>
    /// <param name="frame">The frame. Bytes behind the datagram are room to grow into.</param>
    /// <param name="info">What the parse of the frame found: a packet of TCP, not a later fragment.</param>
    /// <param name="grownBytes">Bytes by which the datagram grew since that parse.</param>
    /// <param name="bytes">The size.</param>
    /// <param name="grown">Bytes by which the datagram grew by this call: 4 or 0. They stand at its end.</param>
    /// <returns>
    /// <see cref="RewriteStatus.Ok"/>; <see cref="RewriteStatus.NoRoom"/> when the option would not fit the frame;
    /// <see cref="RewriteStatus.NotWhole"/> when the TCP header is cut off or claims an illegal length.
    /// </returns>
    public static RewriteStatus Lower(Span<byte> frame, in PacketInfo info, int grownBytes, ushort bytes, out int grown)
    {
        grown = 0;
        long end = info.L3Offset + (long)info.L3Length + grownBytes;
        if (info.Protocol != IpProtocol.Tcp || !info.HasKey || end > frame.Length || info.L4Offset + HeaderBytes > end)
            return RewriteStatus.NotWhole;
        Span<byte> segment = frame[info.L4Offset..(int)end];
        int header = (segment[12] >> 4) * 4;
        if (header < HeaderBytes || header > segment.Length)
            return RewriteStatus.NotWhole;

        int at = FindOption(segment[..header]);
        if (at > 0)
        {
            LowerOption(segment, at, bytes);
            return RewriteStatus.Ok;
        }

        if (segment.Length > header || header >= MaxHeaderBytes)
            return RewriteStatus.Ok;
        if (end + OptionBytes > frame.Length)
            return RewriteStatus.NoRoom;
        bool ipv4 = (info.Flags & PacketFlags.Ipv4) != 0;
        InsertOption(frame[info.L4Offset..((int)end + OptionBytes)], Math.Min(bytes, (ushort)(ipv4 ? 536 : 1220)));
        GrowDatagram(frame[info.L3Offset..], ipv4);
        grown = OptionBytes;
        return RewriteStatus.Ok;
    }

    /// <summary>The offset of the option in the header; 0 when it is not there. An option of length zero counts as one byte.</summary>
    private static int FindOption(ReadOnlySpan<byte> header)
    {
        int at = HeaderBytes;
        while (at <= header.Length - OptionBytes)
        {
            if (header[at] == Option && header[at + 1] == OptionBytes)
                return at;
            at += header[at] <= NoOperation || header[at + 1] == 0 ? 1 : header[at + 1];
        }

        return 0;
    }

    private static void LowerOption(Span<byte> segment, int at, ushort bytes)
    {
        ushort old = BinaryPrimitives.ReadUInt16BigEndian(segment[(at + 2)..]);
        if (old <= bytes)
            return;
        BinaryPrimitives.WriteUInt16BigEndian(segment[(at + 2)..], bytes);
        // The kernel mends as if the field stood at an even offset, whatever stands before it.
        Mend(segment, old, bytes);
    }

    /// <summary>The option goes first, what stood there moves back.</summary>
    private static void InsertOption(Span<byte> segment, ushort bytes)
    {
        int length = segment.Length - OptionBytes;
        segment[HeaderBytes..length].CopyTo(segment[(HeaderBytes + OptionBytes)..]);
        uint option = ((uint)Option << 24) | ((uint)OptionBytes << 16) | bytes;
        BinaryPrimitives.WriteUInt32BigEndian(segment[HeaderBytes..], option);
        Mend(segment, (ushort)length, (ushort)segment.Length);
        Mend(segment, 0, option);
        ushort old = BinaryPrimitives.ReadUInt16BigEndian(segment[12..]);
        segment[12] += OptionBytes / 4 << 4;
        Mend(segment, old, BinaryPrimitives.ReadUInt16BigEndian(segment[12..]));
    }

    private static void GrowDatagram(Span<byte> header, bool ipv4)
    {
        Span<byte> length = header[(ipv4 ? 2 : 4)..];
        ushort old = BinaryPrimitives.ReadUInt16BigEndian(length);
        BinaryPrimitives.WriteUInt16BigEndian(length, (ushort)(old + OptionBytes));
        if (ipv4)
            BinaryPrimitives.WriteUInt16BigEndian(header[10..], InternetChecksum.Replace16(BinaryPrimitives.ReadUInt16BigEndian(header[10..]), old, (ushort)(old + OptionBytes)));
    }

    private static void Mend(Span<byte> segment, uint old, uint value)
    {
        Span<byte> checksum = segment[16..];
        BinaryPrimitives.WriteUInt16BigEndian(checksum, InternetChecksum.Replace32(BinaryPrimitives.ReadUInt16BigEndian(checksum), old, value));
    }
}
