using System.Buffers.Binary;

namespace DatapathKernels.Formats.Captures;

/// <summary>
/// pcapng (https://www.ietf.org/archive/id/draft-ietf-opsawg-pcapng-03.html): blocks, each with its length before and
/// after the body, in the byte order its section header declares.
/// <code>
/// type 4 | total length 4 | body, padded to 4 | total length 4
/// </code>
/// </summary>
internal sealed class PcapNgDecoder : CaptureDecoder
{
    public const uint SectionHeaderBlock = 0x0a0d_0d0a;

    private const uint InterfaceBlock = 1;
    private const uint ObsoletePacketBlock = 2;
    private const uint SimplePacketBlock = 3;
    private const uint EnhancedPacketBlock = 6;
    private const uint ByteOrderMagic = 0x1a2b_3c4d;

    private const int HeaderBytes = 8;
    private const int TrailerBytes = 4;
    private const int SectionBytes = 28;

    /// <summary>Room for the options and the fixed part of a packet or interface block, beside its frame.</summary>
    private const int MaxOptionBytes = 65_536;

    private readonly PcapNgInterfaces _interfaces = new();
    private bool _isBigEndian;

    public PcapNgDecoder(CaptureWindow window, int maxFrameBytes)
        : base(window, maxFrameBytes)
    {
        if (!window.TryFill(SectionBytes))
            Fail(0, $"a pcapng section header of at least {SectionBytes} bytes", $"{window.Available} bytes in all");
        ReadByteOrder(0);
        CheckSection(0, window.PeekUInt32(4, _isBigEndian));
    }

    public override CaptureFormat Format => CaptureFormat.PcapNg;

    public override IReadOnlyList<CaptureInterface> Interfaces => _interfaces;

    protected override bool TryDecodeNext(out CaptureRecord record)
    {
        record = default;
        while (true)
        {
            long offset = Window.Offset;
            if (!Window.TryFill(HeaderBytes))
                return EndOrCut(offset, "a block header", HeaderBytes);
            uint type = Window.PeekUInt32(0, _isBigEndian);
            bool isRead = type switch
            {
                SectionHeaderBlock => TryReadSection(offset),
                InterfaceBlock => TryReadInterface(offset),
                EnhancedPacketBlock or SimplePacketBlock or ObsoletePacketBlock => TryReadPacket(offset, type, out record),
                _ => TrySkipBlock(offset, ReadTotalLength(offset, HeaderBytes + TrailerBytes)),
            };
            if (!isRead || type is EnhancedPacketBlock or SimplePacketBlock or ObsoletePacketBlock)
                return isRead;
        }
    }

    private bool TryReadSection(long offset)
    {
        if (!Window.TryFill(SectionBytes))
            return EndOrCut(offset, "a section header", SectionBytes);
        ReadByteOrder(offset);
        uint total = ReadTotalLength(offset, SectionBytes);
        CheckSection(offset, total);
        _interfaces.Clear();
        return TrySkipBlock(offset, total);
    }

    private void ReadByteOrder(long offset)
    {
        uint magic = Window.PeekUInt32(8, isBigEndian: true);
        _isBigEndian = magic == ByteOrderMagic;
        if (!_isBigEndian && BinaryPrimitives.ReverseEndianness(magic) != ByteOrderMagic)
            Fail(offset + 8, "the byte-order magic 1a2b3c4d or 4d3c2b1a", $"{magic:x8}");
    }

    private void CheckSection(long offset, uint total)
    {
        if (total < SectionBytes)
            Fail(offset + 4, $"a section header of at least {SectionBytes} bytes", $"{total}");
        ushort major = Window.PeekUInt16(12, _isBigEndian);
        ushort minor = Window.PeekUInt16(14, _isBigEndian);
        if (major != 1 || minor is not (0 or 2))
            Fail(offset + 12, "pcapng version 1.0 or 1.2", $"{major}.{minor}");
    }

    private bool TryReadInterface(long offset)
    {
        int total = CheckBuffered(offset, ReadTotalLength(offset, PcapNgInterfaces.BlockBytes), MaxOptionBytes);
        if (!Window.TryFill(total))
            return EndOrCut(offset, "an interface description", total);
        CheckTrailer(offset, (uint)total, total - TrailerBytes);
        if (_interfaces.Count == PcapNgInterfaces.Limit)
            Fail(offset, $"at most {PcapNgInterfaces.Limit} interfaces in a section", "one more");
        _interfaces.Add(Window, total, _isBigEndian, offset);
        Window.Advance(total);
        return true;
    }

    private bool TryReadPacket(long offset, uint type, out CaptureRecord record)
    {
        record = default;
        var layout = PcapNgPacketLayout.Of(type);
        uint claimed = ReadTotalLength(offset, layout.FrameOffset + TrailerBytes);
        int total = CheckBuffered(offset, claimed, MaxFrameBytes + MaxOptionBytes);
        if (!Window.TryFill(total))
            return EndOrCut(offset, "a packet block", total);
        CheckTrailer(offset, (uint)total, total - TrailerBytes);

        uint id = layout.InterfaceId(Window, _isBigEndian);
        if (id >= (uint)_interfaces.Count)
            Fail(offset + HeaderBytes, $"an interface described before ({_interfaces.Count} are)", $"interface {id}");
        CaptureInterface source = _interfaces[(int)id];
        uint original = Window.PeekUInt32(layout.OriginalLengthOffset, _isBigEndian);
        uint captured = layout.CapturedLength(Window, _isBigEndian, original, source.SnapLength);
        int room = Math.Min(total - TrailerBytes - layout.FrameOffset, MaxFrameBytes);
        if (captured > (uint)room)
            Fail(offset + layout.CapturedLengthOffset, $"a captured length of at most {room} bytes", $"{captured}");

        Int128? timestamp = layout.HasTimestamp ? source.Clock.ToNanoseconds(PcapNgPacketLayout.Ticks(Window, _isBigEndian)) : null;
        ReadOnlySpan<byte> frame = Window.Peek(total).Slice(layout.FrameOffset, (int)captured);
        Window.Advance(total);
        record = new CaptureRecord(frame, original, timestamp, (int)id, source.LinkType, offset);
        return true;
    }

    /// <summary>Moves past a block whatever its length, without holding it.</summary>
    private bool TrySkipBlock(long offset, uint total)
    {
        if (!Window.TrySkip(total - TrailerBytes) || !Window.TryFill(TrailerBytes))
            return EndOrCut(offset, "a block", total);
        CheckTrailer(offset, total, 0);
        Window.Advance(TrailerBytes);
        return true;
    }

    private uint ReadTotalLength(long offset, int atLeast)
    {
        uint total = Window.PeekUInt32(4, _isBigEndian);
        if (total < (uint)atLeast || total % 4 != 0)
            Fail(offset + 4, $"a block length of at least {atLeast} bytes and a multiple of 4", $"{total}");
        return total;
    }

    private int CheckBuffered(long offset, uint total, int limit)
    {
        if (total > (uint)limit)
            Fail(offset + 4, $"a block of this type of at most {limit} bytes", $"{total}");
        return (int)total;
    }

    private void CheckTrailer(long offset, uint total, int trailerAt)
    {
        uint trailer = Window.PeekUInt32(trailerAt, _isBigEndian);
        if (trailer != total)
            Fail(offset + total - TrailerBytes, $"the block's length {total} again at its end", $"{trailer}");
    }
}
