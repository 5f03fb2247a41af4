namespace DatapathKernels.Formats.Traffic;

/// <summary>
/// The mix of frame sizes of a traffic. Sizes are those of the testing standards (RFC 2544): the whole Ethernet frame
/// with its frame check sequence of 4 bytes, without preamble and gap. Frames in memory have no frame check sequence,
/// so a size of 64 is 60 bytes of memory.
/// </summary>
public sealed class FrameSizes
{
    /// <summary>Bytes of the Ethernet frame check sequence, counted in sizes and absent from memory.</summary>
    public const int CheckSequenceBytes = 4;

    /// <summary>The smallest Ethernet frame.</summary>
    public const int Smallest = 64;

    /// <summary>The largest frame made here: an MTU of 9,000 and the Ethernet header and check sequence.</summary>
    public const int Largest = 9018;

    // One entry for each unit of weight, so that drawing is one array access.
    private readonly ushort[] _lots;

    private FrameSizes(string name, params ReadOnlySpan<(int Bytes, int Weight)> mix)
    {
        Name = name;
        List<ushort> lots = [];
        foreach ((int bytes, int weight) in mix)
        {
            if (bytes is < Smallest or > Largest)
                throw new ArgumentOutOfRangeException(nameof(mix), bytes, $"a frame size from {Smallest} to {Largest} bytes");
            for (int i = 0; i < weight; i++)
                lots.Add((ushort)bytes);
            LargestBytes = Math.Max(LargestBytes, bytes);
        }

        _lots = [.. lots];
        double sum = 0;
        foreach (ushort lot in _lots)
            sum += lot;
        MeanBytes = sum / _lots.Length;
    }

    /// <summary>The simple Internet mix: 64, 594 and 1518 bytes in the ratio 7:4:1, mean 361.8 bytes.</summary>
    public static FrameSizes Imix { get; } = new("IMIX", (64, 7), (594, 4), (1518, 1));

    /// <summary>FD.io CSIT's IMIX_v4_1: 28 x 64, 16 x 570 and 4 x 1518 bytes, mean 353.8 bytes.</summary>
    public static FrameSizes ImixCsit { get; } = new("IMIX_v4_1", (64, 28), (570, 16), (1518, 4));

    /// <summary>All frames of one size, 64 to 9,018 bytes.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Any other size.</exception>
    public static FrameSizes Fixed(int bytes) => new(bytes.ToString(System.Globalization.CultureInfo.InvariantCulture), (bytes, 1));

    /// <summary>The mix's name, or its one size.</summary>
    public string Name { get; }

    /// <summary>Mean size, bytes.</summary>
    public double MeanBytes { get; }

    /// <summary>Largest size of the mix, bytes.</summary>
    public int LargestBytes { get; }

    /// <inheritdoc/>
    public override string ToString() => Name;

    /// <summary>Number of equally likely lots to draw from.</summary>
    internal int Lots => _lots.Length;

    /// <summary>The size of a lot.</summary>
    internal int Draw(int lot) => _lots[lot];
}
