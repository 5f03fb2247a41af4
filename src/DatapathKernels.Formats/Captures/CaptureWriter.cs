using System.Buffers.Binary;
using DatapathKernels.Packets;

namespace DatapathKernels.Formats.Captures;

/// <summary>
/// Writes a capture that this library, libpcap and Wireshark read: classic pcap 2.4 or pcapng 1.0, little-endian. What is
/// written reads back the same. Writing a frame allocates nothing.
/// </summary>
public sealed class CaptureWriter : IDisposable
{
    /// <summary>The longest option-free block around a frame.</summary>
    private const int OverheadBytes = 32;

    private readonly Stream _stream;
    private readonly CaptureFormat _format;
    private readonly List<uint> _snapLengths = [];
    private byte[] _scratch = new byte[2048];

    private CaptureWriter(Stream stream, CaptureFormat format)
    {
        _stream = stream;
        _format = format;
    }

    /// <summary>Creates a file, replacing one that exists.</summary>
    /// <inheritdoc cref="Create(Stream, CaptureFormat, LinkType, int)"/>
    public static CaptureWriter Create(string path, CaptureFormat format, LinkType linkType, int snapLength = CaptureReaderOptions.DefaultMaxFrameBytes)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return Create(new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.Read, bufferSize: 65_536), format, linkType, snapLength);
    }

    /// <summary>Starts a capture on a stream, which the writer owns from here on. Interface 0 is made.</summary>
    /// <param name="stream">Where the bytes go.</param>
    /// <param name="format">The layout.</param>
    /// <param name="linkType">What the frames of interface 0 start with.</param>
    /// <param name="snapLength">The longest frame of interface 0, bytes; 256 KiB is what readers accept by default.</param>
    public static CaptureWriter Create(Stream stream, CaptureFormat format, LinkType linkType, int snapLength = CaptureReaderOptions.DefaultMaxFrameBytes)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(snapLength);
        var writer = new CaptureWriter(stream, format);
        if (format == CaptureFormat.PcapNg)
        {
            writer.WriteSectionHeader();
            writer.AddInterface(linkType, snapLength);
        }
        else
        {
            writer.WriteFileHeader(linkType, snapLength);
        }
        return writer;
    }

    /// <summary>Describes one more interface and returns its number. pcapng only. Its clock counts nanoseconds.</summary>
    /// <exception cref="InvalidOperationException">The format is pcap, which has one interface.</exception>
    public int AddInterface(LinkType linkType, int snapLength = CaptureReaderOptions.DefaultMaxFrameBytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(snapLength);
        if (_format != CaptureFormat.PcapNg)
            throw new InvalidOperationException("A pcap file has one interface; write pcapng for more.");
        Span<byte> block = Scratch(32);
        block.Clear();
        BeginBlock(block, type: 1);
        BinaryPrimitives.WriteUInt16LittleEndian(block[8..], (ushort)linkType);
        BinaryPrimitives.WriteInt32LittleEndian(block[12..], snapLength);
        // if_tsresol, one byte: 10^-9 s. Then the end of the options, all zeroes.
        BinaryPrimitives.WriteUInt16LittleEndian(block[16..], 9);
        BinaryPrimitives.WriteUInt16LittleEndian(block[18..], 1);
        block[20] = CaptureClock.Nanoseconds.Resolution;
        _stream.Write(block);
        _snapLengths.Add((uint)snapLength);
        return _snapLengths.Count - 1;
    }

    /// <summary>Writes a frame that was captured whole.</summary>
    /// <inheritdoc cref="Write(ReadOnlySpan{byte}, Int128, uint, int)"/>
    public void Write(ReadOnlySpan<byte> frame, Int128 timestampNs) => Write(frame, timestampNs, (uint)frame.Length);

    /// <summary>Writes a record as it was read, on the given interface of this file.</summary>
    /// <inheritdoc cref="Write(ReadOnlySpan{byte}, Int128, uint, int)"/>
    public void Write(in CaptureRecord record, int interfaceId = 0) =>
        Write(record.Frame, record.TimestampNs, record.OriginalLength, interfaceId);

    /// <summary>Writes a frame.</summary>
    /// <param name="frame">The captured bytes.</param>
    /// <param name="timestampNs">Nanoseconds since 1970; the microsecond format drops what is below a microsecond.</param>
    /// <param name="originalLength">Bytes the frame had on the wire.</param>
    /// <param name="interfaceId">Its interface.</param>
    /// <exception cref="ArgumentOutOfRangeException">
    /// A frame longer than the interface's snap length, an unknown interface, or a time the format cannot hold: before
    /// 1970, at or after 2^32 s (pcap, the year 2106) or 2^64 ns (pcapng, the year 2554).
    /// </exception>
    public void Write(ReadOnlySpan<byte> frame, Int128 timestampNs, uint originalLength, int interfaceId = 0)
    {
        if ((uint)interfaceId >= (uint)_snapLengths.Count)
            throw new ArgumentOutOfRangeException(nameof(interfaceId), interfaceId, $"There are {_snapLengths.Count} interfaces.");
        if ((uint)frame.Length > _snapLengths[interfaceId])
            throw new ArgumentOutOfRangeException(nameof(frame), frame.Length, $"The snap length of interface {interfaceId} is {_snapLengths[interfaceId]} bytes.");
        Int128 limit = _format == CaptureFormat.PcapNg ? (Int128)1 << 64 : ((Int128)1 << 32) * 1_000_000_000;
        if (timestampNs < 0 || timestampNs >= limit)
            throw new ArgumentOutOfRangeException(nameof(timestampNs), timestampNs, $"The format holds 0 to {limit - 1} ns since 1970.");
        if (_format == CaptureFormat.PcapNg)
            WriteEnhancedPacket(frame, (ulong)timestampNs, originalLength, interfaceId);
        else
            WritePcapRecord(frame, timestampNs, originalLength);
    }

    /// <summary>Hands everything written so far to the stream's target.</summary>
    public void Flush() => _stream.Flush();

    /// <summary>Closes the stream.</summary>
    public void Dispose() => _stream.Dispose();

    private void WriteFileHeader(LinkType linkType, int snapLength)
    {
        Span<byte> header = Scratch(24);
        header.Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(header, _format == CaptureFormat.PcapNanoseconds ? 0xa1b23c4d : 0xa1b2c3d4);
        BinaryPrimitives.WriteUInt16LittleEndian(header[4..], 2);
        BinaryPrimitives.WriteUInt16LittleEndian(header[6..], 4);
        BinaryPrimitives.WriteInt32LittleEndian(header[16..], snapLength);
        BinaryPrimitives.WriteUInt32LittleEndian(header[20..], (uint)linkType);
        _stream.Write(header);
        _snapLengths.Add((uint)snapLength);
    }

    private void WriteSectionHeader()
    {
        Span<byte> block = Scratch(28);
        BeginBlock(block, type: PcapNgDecoder.SectionHeaderBlock);
        BinaryPrimitives.WriteUInt32LittleEndian(block[8..], 0x1a2b3c4d);
        BinaryPrimitives.WriteUInt16LittleEndian(block[12..], 1);
        BinaryPrimitives.WriteUInt16LittleEndian(block[14..], 0);
        // Minus one: the section's length is not known.
        BinaryPrimitives.WriteInt64LittleEndian(block[16..], -1);
        _stream.Write(block);
    }

    private void WritePcapRecord(ReadOnlySpan<byte> frame, Int128 timestampNs, uint originalLength)
    {
        Span<byte> record = Scratch(16 + frame.Length);
        uint seconds = (uint)(timestampNs / 1_000_000_000);
        uint nanoseconds = (uint)(timestampNs % 1_000_000_000);
        BinaryPrimitives.WriteUInt32LittleEndian(record, seconds);
        BinaryPrimitives.WriteUInt32LittleEndian(record[4..], _format == CaptureFormat.PcapNanoseconds ? nanoseconds : nanoseconds / 1000);
        BinaryPrimitives.WriteInt32LittleEndian(record[8..], frame.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(record[12..], originalLength);
        frame.CopyTo(record[16..]);
        _stream.Write(record);
    }

    private void WriteEnhancedPacket(ReadOnlySpan<byte> frame, ulong timestampNs, uint originalLength, int interfaceId)
    {
        int padded = (frame.Length + 3) & ~3;
        Span<byte> block = Scratch(OverheadBytes + padded);
        BeginBlock(block, type: 6);
        BinaryPrimitives.WriteInt32LittleEndian(block[8..], interfaceId);
        BinaryPrimitives.WriteUInt32LittleEndian(block[12..], (uint)(timestampNs >> 32));
        BinaryPrimitives.WriteUInt32LittleEndian(block[16..], (uint)timestampNs);
        BinaryPrimitives.WriteInt32LittleEndian(block[20..], frame.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(block[24..], originalLength);
        frame.CopyTo(block[28..]);
        block[(28 + frame.Length)..(28 + padded)].Clear();
        _stream.Write(block);
    }

    /// <summary>Writes type and both lengths of a block that fills the span.</summary>
    private static void BeginBlock(Span<byte> block, uint type)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(block, type);
        BinaryPrimitives.WriteInt32LittleEndian(block[4..], block.Length);
        BinaryPrimitives.WriteInt32LittleEndian(block[^4..], block.Length);
    }

    private Span<byte> Scratch(int bytes)
    {
        if (_scratch.Length < bytes)
            _scratch = new byte[(int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)bytes)];
        return _scratch.AsSpan(0, bytes);
    }
}
