namespace DatapathKernels.Bench.Scenarios.OverlayPrice;

/// <summary>IP packets of some sizes, and how many of each come along.</summary>
/// <param name="Name">How it is called.</param>
/// <param name="Sizes">Bytes of the IP packet, and its share in any unit.</param>
internal sealed record PacketMix(string Name, params IReadOnlyList<(int Bytes, int Share)> Sizes)
{
    /// <summary>The simple Internet mix: seven packets of 40 bytes, four of 576, one of 1,500.</summary>
    public static PacketMix Imix { get; } = new("IMIX 7:4:1", (40, 7), (576, 4), (1500, 1));

    /// <summary>Packets of one size.</summary>
    public static PacketMix Of(int bytes) => new(bytes.ToString("N0", System.Globalization.CultureInfo.InvariantCulture), (bytes, 1));

    /// <summary>The same mix with no packet larger than fits: a sender that knows the path's MTU sends the largest that does.</summary>
    public PacketMix Within(int largest) => new(Name, [.. Sizes.Select(size => (Math.Min(size.Bytes, largest), size.Share))]);

    /// <summary>What a packet of the mix has on average.</summary>
    /// <param name="of">What a packet of so many bytes has.</param>
    public double Average(Func<int, double> of) => Sizes.Sum(size => size.Share * of(size.Bytes)) / Sizes.Sum(size => size.Share);
}
