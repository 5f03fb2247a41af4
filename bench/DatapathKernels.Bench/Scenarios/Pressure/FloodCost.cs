using DatapathKernels.Conntrack;

namespace DatapathKernels.Bench.Scenarios.Pressure;

/// <summary>What a SYN flood did to a table under one policy.</summary>
/// <param name="Policy">Who had to go.</param>
internal sealed record FloodCost(EvictionPolicy Policy)
{
    /// <summary>Connections that were established before the flood.</summary>
    public required int Established { get; init; }

    /// <summary>Of them, those the table no longer knew when their next segment came.</summary>
    public required int EstablishedLost { get; init; }

    /// <summary>Good connections begun during the flood.</summary>
    public required int Good { get; init; }

    /// <summary>Of them, those whose SYN was dropped.</summary>
    public required int GoodRefused { get; init; }

    /// <summary>Of them, those let in and forgotten before their handshake was done.</summary>
    public required int GoodLost { get; init; }

    /// <summary>Median ns of a SYN of the flood while the table has room.</summary>
    public required double RoomNs { get; init; }

    /// <summary>In the last batches before the table is full and the first after.</summary>
    public required double FillingNs { get; init; }

    /// <summary>In the full table.</summary>
    public required double FullNs { get; init; }

    /// <summary>Median ns of a segment of an established connection before the flood.</summary>
    public required double KnownBeforeNs { get; init; }

    /// <summary>The same in the full table.</summary>
    public required double KnownFullNs { get; init; }

    /// <summary>Connections in the table at the end.</summary>
    public required int Count { get; init; }
}
