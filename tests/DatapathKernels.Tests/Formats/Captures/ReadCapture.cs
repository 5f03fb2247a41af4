using DatapathKernels.Formats.Captures;
using DatapathKernels.Packets;

namespace DatapathKernels.Tests.Formats.Captures;

/// <summary>A record copied out of the reader, to be compared.</summary>
internal sealed record ReadRecord(string FrameHex, Int128 TimestampNs, bool HasTimestamp, uint OriginalLength, int InterfaceId, LinkType LinkType);

/// <summary>A capture read to its end.</summary>
internal sealed class ReadCapture
{
    private ReadCapture()
    {
    }

    public List<ReadRecord> Records { get; } = [];

    public CaptureFormatException? Error { get; private set; }

    public CaptureTruncation? Truncation { get; private set; }

    public CaptureFormat? Format { get; private set; }

    /// <summary>Reads everything, through a stream that gives one byte at a time when asked to.</summary>
    public static ReadCapture From(byte[] file, bool inSmallPieces = false)
    {
        var result = new ReadCapture();
        try
        {
            using var reader = CaptureReader.Open(inSmallPieces ? new TrickleStream(file) : new MemoryStream(file), "test");
            result.Format = reader.Format;
            while (reader.TryReadNext(out CaptureRecord r))
            {
                result.Records.Add(new ReadRecord(Convert.ToHexString(r.Frame), r.TimestampNs, r.HasTimestamp, r.OriginalLength, r.InterfaceId, r.LinkType));
            }
            result.Truncation = reader.Truncation;
        }
        catch (CaptureFormatException e)
        {
            result.Error = e;
        }
        return result;
    }

    private sealed class TrickleStream(byte[] bytes) : MemoryStream(bytes)
    {
        public override bool CanSeek => false;

        public override int Read(Span<byte> buffer) => base.Read(buffer[..Math.Min(1, buffer.Length)]);
    }
}
