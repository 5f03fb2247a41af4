namespace DatapathKernels.Overlay;

/// <summary>
/// Where the packets cut from one stand in the output: at equal distances, each one's payload at the start of a cache line when
/// the output itself starts at one, so that the copy never stores across two.
/// </summary>
/// <remarks>
/// <code>
/// |-- headroom --|-- headers --|-- payload ------|- gap -|-- headroom --|-- headers --|-- payload --|
///                ^ OffsetOf(0) ^ multiple of 64                         ^ OffsetOf(1) = OffsetOf(0) + Stride
/// </code>
/// </remarks>
public readonly struct SegmentLayout : IEquatable<SegmentLayout>
{
    private const int Line = 64;

    internal SegmentLayout(int headroom, int headerBytes, int payloadBytes, int totalPayload)
    {
        int front = Align(headroom + headerBytes);
        HeaderBytes = headerBytes;
        PayloadBytes = payloadBytes;
        Count = Math.Max(1, (totalPayload + payloadBytes - 1) / payloadBytes);
        LastPayloadBytes = totalPayload - (Count - 1) * payloadBytes;
        FirstOffset = front - headerBytes;
        Stride = front + Align(payloadBytes);
    }

    /// <summary>How many packets.</summary>
    public int Count { get; }

    /// <summary>Bytes of headers in each, from the first byte of the frame.</summary>
    public int HeaderBytes { get; }

    /// <summary>Bytes of payload in each but the last.</summary>
    public int PayloadBytes { get; }

    /// <summary>Bytes of payload in the last.</summary>
    public int LastPayloadBytes { get; }

    /// <summary>Where the first packet starts in the output, bytes.</summary>
    public int FirstOffset { get; }

    /// <summary>From one packet's start to the next one's, bytes.</summary>
    public int Stride { get; }

    /// <summary>Bytes of output that all of them take; 0 before any layout was made.</summary>
    public int OutputBytes => Count == 0 ? 0 : OffsetOf(Count - 1) + LengthOf(Count - 1);

    /// <summary>Where a packet starts in the output, bytes.</summary>
    /// <param name="index">Which, from 0 to <see cref="Count"/> - 1.</param>
    public int OffsetOf(int index) => FirstOffset + index * Stride;

    /// <summary>Bytes of a packet, from its link header to its end.</summary>
    /// <param name="index">Which, from 0 to <see cref="Count"/> - 1.</param>
    public int LengthOf(int index) => HeaderBytes + PayloadOf(index);

    /// <summary>Bytes of a packet's payload.</summary>
    /// <param name="index">Which, from 0 to <see cref="Count"/> - 1.</param>
    public int PayloadOf(int index) => index == Count - 1 ? LastPayloadBytes : PayloadBytes;

    /// <summary>A packet in the output.</summary>
    /// <param name="output">The output that was written.</param>
    /// <param name="index">Which, from 0 to <see cref="Count"/> - 1.</param>
    public Span<byte> Slice(Span<byte> output, int index) => output.Slice(OffsetOf(index), LengthOf(index));

    /// <inheritdoc/>
    public bool Equals(SegmentLayout other) =>
        Count == other.Count && HeaderBytes == other.HeaderBytes && PayloadBytes == other.PayloadBytes
        && LastPayloadBytes == other.LastPayloadBytes && FirstOffset == other.FirstOffset && Stride == other.Stride;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is SegmentLayout other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Count, HeaderBytes, PayloadBytes, LastPayloadBytes, FirstOffset, Stride);

    /// <summary>True when every number is the same.</summary>
    public static bool operator ==(SegmentLayout left, SegmentLayout right) => left.Equals(right);

    /// <summary>True when any number differs.</summary>
    public static bool operator !=(SegmentLayout left, SegmentLayout right) => !left.Equals(right);

    private static int Align(int bytes) => (bytes + Line - 1) & -Line;
}
