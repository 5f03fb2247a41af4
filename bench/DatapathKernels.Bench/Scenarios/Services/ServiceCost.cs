using DatapathKernels.Formats.Datapaths;

namespace DatapathKernels.Bench.Scenarios.Services;

/// <summary>What packets cost in a mode at a size of cluster; all costs are median nanoseconds a packet.</summary>
internal sealed record ServiceCost(DatapathMode Mode, int Services, int Endpoints)
{
    /// <summary>Of known connections, Services drawn evenly.</summary>
    public required double Established { get; init; }

    /// <summary>Of known connections, Services of Zipf's popularity.</summary>
    public required double EstablishedSkewed { get; init; }

    /// <summary>That open connections, Services drawn evenly.</summary>
    public required double First { get; init; }

    /// <summary>That open connections, Services of Zipf's popularity.</summary>
    public required double FirstSkewed { get; init; }

    /// <summary>That open connections to no Service.</summary>
    public required double FirstMissing { get; init; }
}
