using DatapathKernels.Packets;

namespace DatapathKernels.Formats.Captures;

/// <summary>
/// Classic pcap (https://www.ietf.org/archive/id/draft-ietf-opsawg-pcap-05.html):
/// <code>
/// file:   magic 4 | major 2 | minor 2 | zone 4 | sigfigs 4 | snaplen 4 | FCS and link type 4
/// record: seconds 4 | fraction 4 | captured 4 | original 4 | frame
/// </code>
/// </summary>
internal sealed class PcapDecoder : CaptureDecoder
{
    private const uint MicrosecondMagic = 0xa1b2c3d4;
    private const uint NanosecondMagic = 0xa1b23c4d;
    private const uint KuznetzovMagic = 0xa1b2cd34;
    private const int FileHeaderBytes = 24;
    private const int RecordHeaderBytes = 16;

    /// <summary>Kuznetzov's record header adds interface index 4, protocol 2, packet type 1, padding 1.</summary>
    private const int KuznetzovRecordHeaderBytes = 24;

    /// <summary>The upper six bits say how long the frame check sequence is; they are no part of the number.</summary>
    private const uint LinkTypeMask = 0x03ff_ffff;

    private readonly bool _isBigEndian;
    private readonly int _recordHeaderBytes;
    private readonly uint _fractionNs;
    private readonly int _minorVersion;
    private readonly LinkType _linkType;
    private readonly CaptureInterface[] _interfaces;

    public PcapDecoder(CaptureWindow window, int maxFrameBytes, bool isBigEndian, uint magic)
        : base(window, maxFrameBytes)
    {
        if (!window.TryFill(FileHeaderBytes))
            Fail(0, $"a pcap file header of {FileHeaderBytes} bytes", $"{window.Available} bytes in all");
        _isBigEndian = isBigEndian;
        _recordHeaderBytes = magic == KuznetzovMagic ? KuznetzovRecordHeaderBytes : RecordHeaderBytes;
        _fractionNs = magic == NanosecondMagic ? 1u : 1000u;
        Format = magic == NanosecondMagic ? CaptureFormat.PcapNanoseconds : CaptureFormat.PcapMicroseconds;
        _minorVersion = ReadVersion();
        _linkType = ReadLinkType();
        CaptureClock clock = magic == NanosecondMagic ? CaptureClock.Nanoseconds : CaptureClock.Microseconds;
        _interfaces = [new CaptureInterface(_linkType, window.PeekUInt32(16, isBigEndian), clock)];
        window.Advance(FileHeaderBytes);
    }

    public override CaptureFormat Format { get; }

    public override IReadOnlyList<CaptureInterface> Interfaces => _interfaces;

    public static bool IsMagic(uint magic) => magic is MicrosecondMagic or NanosecondMagic or KuznetzovMagic;

    protected override bool TryDecodeNext(out CaptureRecord record)
    {
        record = default;
        long offset = Window.Offset;
        if (!Window.TryFill(_recordHeaderBytes))
            return EndOrCut(offset, "a record header", _recordHeaderBytes);
        (uint captured, uint original) = ReadLengths();
        if (captured > (uint)MaxFrameBytes)
            Fail(offset + 8, $"a captured length of at most {MaxFrameBytes} bytes", $"{captured}");
        int frameBytes = (int)captured;
        if (!Window.TryFill(_recordHeaderBytes + frameBytes))
            return EndOrCut(offset, "a record", _recordHeaderBytes + frameBytes);
        Int128 timestamp = (Int128)Window.PeekUInt32(0, _isBigEndian) * 1_000_000_000
            + (ulong)Window.PeekUInt32(4, _isBigEndian) * _fractionNs;
        ReadOnlySpan<byte> frame = Window.Peek(_recordHeaderBytes + frameBytes)[_recordHeaderBytes..];
        Window.Advance(_recordHeaderBytes + frameBytes);
        record = new CaptureRecord(frame, original, timestamp, interfaceId: 0, _linkType, offset);
        return true;
    }

    /// <summary>
    /// Files before 2.3 hold the two lengths the other way round, and 2.3 was written both ways; there the shorter one
    /// must be what was captured (libpcap does the same).
    /// </summary>
    private (uint Captured, uint Original) ReadLengths()
    {
        uint first = Window.PeekUInt32(8, _isBigEndian);
        uint second = Window.PeekUInt32(12, _isBigEndian);
        bool isSwapped = _minorVersion < 3 || (_minorVersion == 3 && first > second);
        return isSwapped ? (second, first) : (first, second);
    }

    private int ReadVersion()
    {
        ushort major = Window.PeekUInt16(4, _isBigEndian);
        ushort minor = Window.PeekUInt16(6, _isBigEndian);
        if (major != 2 || minor > 4)
            Fail(4, "pcap version 2.0 to 2.4", $"{major}.{minor}");
        return minor;
    }

    private LinkType ReadLinkType()
    {
        uint field = Window.PeekUInt32(20, _isBigEndian);
        if ((field & LinkTypeMask) > ushort.MaxValue)
            Fail(20, "a link type with its reserved bits (03ff0000) zero", $"{field:x8}");
        return (LinkType)(field & LinkTypeMask);
    }
}
