using System.Buffers.Binary;

namespace DatapathKernels.Tests.Formats.Captures;

/// <summary>Builds capture files byte by byte, in either byte order, right or wrong.</summary>
internal sealed class CaptureBytes(bool isBigEndian)
{
    private readonly List<byte> _bytes = [];

    public int Length => _bytes.Count;

    public byte[] ToArray() => [.. _bytes];

    public CaptureBytes Raw(params ReadOnlySpan<byte> bytes)
    {
        _bytes.AddRange(bytes);
        return this;
    }

    public CaptureBytes U16(int value)
    {
        Span<byte> bytes = stackalloc byte[2];
        if (isBigEndian)
            BinaryPrimitives.WriteUInt16BigEndian(bytes, (ushort)value);
        else
            BinaryPrimitives.WriteUInt16LittleEndian(bytes, (ushort)value);
        return Raw(bytes);
    }

    public CaptureBytes U32(uint value)
    {
        Span<byte> bytes = stackalloc byte[4];
        if (isBigEndian)
            BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
        else
            BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        return Raw(bytes);
    }

    public CaptureBytes PcapHeader(uint magic = 0xa1b2c3d4, int major = 2, int minor = 4, uint linkType = 1) =>
        U32(magic).U16(major).U16(minor).U32(0).U32(0).U32(65_535).U32(linkType);

    public CaptureBytes PcapRecord(uint seconds, uint fraction, byte[] frame, uint? original = null) =>
        U32(seconds).U32(fraction).U32((uint)frame.Length).U32(original ?? (uint)frame.Length).Raw(frame);

    /// <summary>A pcapng block around a body, with its length before and after.</summary>
    public CaptureBytes Block(uint type, byte[] body, uint? trailer = null)
    {
        int padded = (body.Length + 3) & ~3;
        uint total = (uint)(12 + padded);
        return U32(type).U32(total).Raw(body).Raw(new byte[padded - body.Length]).U32(trailer ?? total);
    }

    public CaptureBytes Section(int major = 1, int minor = 0) =>
        Block(0x0a0d0d0a, New().U32(0x1a2b3c4d).U16(major).U16(minor).U32(uint.MaxValue).U32(uint.MaxValue).ToArray());

    public CaptureBytes Interface(int linkType = 1, uint snapLength = 0, params byte[] options) =>
        Block(1, New().U16(linkType).U16(0).U32(snapLength).Raw(options).ToArray());

    public byte[] Option(int code, params byte[] value) =>
        New().U16(code).U16(value.Length).Raw(value).Raw(new byte[-value.Length & 3]).ToArray();

    public CaptureBytes Enhanced(uint interfaceId, ulong ticks, byte[] frame, uint? original = null, byte[]? options = null) =>
        Block(6, New().U32(interfaceId).U32((uint)(ticks >> 32)).U32((uint)ticks)
            .U32((uint)frame.Length).U32(original ?? (uint)frame.Length).Raw(frame).Raw(new byte[-frame.Length & 3]).Raw(options ?? []).ToArray());

    public CaptureBytes Obsolete(int interfaceId, ulong ticks, byte[] frame) =>
        Block(2, New().U16(interfaceId).U16(7).U32((uint)(ticks >> 32)).U32((uint)ticks)
            .U32((uint)frame.Length).U32((uint)frame.Length).Raw(frame).ToArray());

    public CaptureBytes Simple(byte[] frame, uint? original = null) =>
        Block(3, New().U32(original ?? (uint)frame.Length).Raw(frame).ToArray());

    private CaptureBytes New() => new(isBigEndian);
}
