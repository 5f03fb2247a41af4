namespace DatapathKernels.Formats.Captures;

/// <summary>
/// Where the three packet blocks keep their fields, counted from the block's first byte:
/// <code>
/// enhanced (6): 8 interface 4 | 12 time 8 | 20 captured 4 | 24 original 4 | 28 frame
/// simple   (3): 8 original 4 | 12 frame            (interface 0, no time, cut at the interface's snap length)
/// obsolete (2): 8 interface 2 | 10 drops 2 | 12 time 8 | 20 captured 4 | 24 original 4 | 28 frame
/// </code>
/// </summary>
internal readonly struct PcapNgPacketLayout
{
    private const int InterfaceOffset = 8;
    private const int TicksOffset = 12;

    private readonly uint _type;

    private PcapNgPacketLayout(uint type) => _type = type;

    public bool HasTimestamp => !IsSimple;

    public int FrameOffset => IsSimple ? 12 : 28;

    public int OriginalLengthOffset => IsSimple ? 8 : 24;

    public int CapturedLengthOffset => IsSimple ? 8 : 20;

    private bool IsSimple => _type == 3;

    private bool IsObsolete => _type == 2;

    public static PcapNgPacketLayout Of(uint blockType) => new(blockType);

    public uint InterfaceId(CaptureWindow window, bool isBigEndian)
    {
        if (IsSimple)
            return 0;
        return IsObsolete ? window.PeekUInt16(InterfaceOffset, isBigEndian) : window.PeekUInt32(InterfaceOffset, isBigEndian);
    }

    /// <summary>The upper half comes first whatever the byte order.</summary>
    public static ulong Ticks(CaptureWindow window, bool isBigEndian) =>
        ((ulong)window.PeekUInt32(TicksOffset, isBigEndian) << 32) | window.PeekUInt32(TicksOffset + 4, isBigEndian);

    public uint CapturedLength(CaptureWindow window, bool isBigEndian, uint original, uint snapLength)
    {
        if (!IsSimple)
            return window.PeekUInt32(CapturedLengthOffset, isBigEndian);
        return snapLength == 0 ? original : Math.Min(original, snapLength);
    }
}
