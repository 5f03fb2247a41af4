using DatapathKernels.Packets;

namespace DatapathKernels.Formats.Captures;

/// <summary>
/// One captured frame. <see cref="Frame"/> is a window into the reader's buffer: valid until the next read, to be copied
/// by whoever keeps it.
/// </summary>
public readonly ref struct CaptureRecord
{
    internal CaptureRecord(ReadOnlySpan<byte> frame, uint originalLength, Int128? timestamp, int interfaceId, LinkType linkType, long offset)
    {
        Frame = frame;
        OriginalLength = originalLength;
        HasTimestamp = timestamp.HasValue;
        TimestampNs = timestamp.GetValueOrDefault();
        InterfaceId = interfaceId;
        LinkType = linkType;
        Offset = offset;
    }

    /// <summary>The captured bytes, from the link header on. Valid until the next read.</summary>
    public ReadOnlySpan<byte> Frame { get; }

    /// <summary>Bytes captured: the length of <see cref="Frame"/>.</summary>
    public int CapturedLength => Frame.Length;

    /// <summary>Bytes the frame had on the wire, as the file says; more than captured when it was snapped, and unchecked.</summary>
    public uint OriginalLength { get; }

    /// <summary>False for pcapng's simple packet blocks, which carry no time.</summary>
    public bool HasTimestamp { get; }

    /// <summary>Nanoseconds since 1970-01-01 UTC, 0 without a time stamp. See <see cref="CaptureClock"/>.</summary>
    public Int128 TimestampNs { get; }

    /// <summary>The interface's number within its section, from 0.</summary>
    public int InterfaceId { get; }

    /// <summary>What the frame starts with; a value without a name is the raw LINKTYPE number.</summary>
    public LinkType LinkType { get; }

    /// <summary>Where the record starts in the (unpacked) file, bytes.</summary>
    public long Offset { get; }
}
