using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;

namespace DatapathKernels.Formats.Captures;

/// <summary>One file format's way from bytes to records.</summary>
internal abstract class CaptureDecoder(CaptureWindow window, int maxFrameBytes)
{
    private bool _isDone;

    public abstract CaptureFormat Format { get; }

    public abstract IReadOnlyList<CaptureInterface> Interfaces { get; }

    public CaptureTruncation? Truncation { get; private set; }

    protected CaptureWindow Window { get; } = window;

    protected int MaxFrameBytes { get; } = maxFrameBytes;

    /// <summary>Looks at the first four bytes and makes the decoder, which reads the file header.</summary>
    public static CaptureDecoder Sniff(CaptureWindow window, int maxFrameBytes)
    {
        if (!window.TryFill(sizeof(uint)))
            throw new CaptureFormatException(window.Name, 0, "a pcap or pcapng magic number of 4 bytes", window.Available == 0 ? "an empty file" : $"{window.Available} bytes in all");
        uint magic = window.PeekUInt32(0, isBigEndian: true);
        if (magic == PcapNgDecoder.SectionHeaderBlock)
            return new PcapNgDecoder(window, maxFrameBytes);
        if (PcapDecoder.IsMagic(magic))
            return new PcapDecoder(window, maxFrameBytes, isBigEndian: true, magic);
        uint swapped = BinaryPrimitives.ReverseEndianness(magic);
        if (PcapDecoder.IsMagic(swapped))
            return new PcapDecoder(window, maxFrameBytes, isBigEndian: false, swapped);
        throw new CaptureFormatException(window.Name, 0, "the magic number of pcap (a1b2c3d4, a1b23c4d or a1b2cd34 in either byte order), of pcapng (0a0d0d0a) or of gzip (1f8b)", $"{magic:x8}");
    }

    /// <summary>The next record, or false at the end, for good.</summary>
    public bool TryReadNext(out CaptureRecord record)
    {
        record = default;
        if (_isDone)
            return false;
        _isDone = true;
        if (!TryDecodeNext(out record))
            return false;
        _isDone = false;
        return true;
    }

    protected abstract bool TryDecodeNext(out CaptureRecord record);

    /// <summary>Notes that the file ends within the record, unless it ends right before it.</summary>
    protected bool EndOrCut(long recordOffset, string what, long neededBytes)
    {
        CaptureTruncation cut = Window.Cut(recordOffset, what, neededBytes);
        Truncation = cut.EndOffset > recordOffset || Window.IsDamaged ? cut : null;
        return false;
    }

    [DoesNotReturn]
    protected void Fail(long offset, string expected, string found) =>
        throw new CaptureFormatException(Window.Name, offset, expected, found);
}
