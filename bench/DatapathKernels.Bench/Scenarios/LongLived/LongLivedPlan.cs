namespace DatapathKernels.Bench.Scenarios.LongLived;

/// <summary>Clients that keep a connection each, and a Service that grows under them.</summary>
internal sealed record LongLivedPlan
{
    /// <summary>Age of a connection that is never closed.</summary>
    public const double Forever = double.PositiveInfinity;

    /// <summary>Age of connections that carry one request each: what a proxy that balances requests makes of them.</summary>
    public const double PerRequest = 0;

    /// <summary>Clients; each has one connection at any time, and all send alike.</summary>
    public int Clients { get; init; } = 2000;

    /// <summary>Backends before minute 0.</summary>
    public int Before { get; init; } = 2;

    /// <summary>Backends from minute 0 on.</summary>
    public int After { get; init; } = 20;

    /// <summary>The age at which a client closes its connection and opens another, minutes.</summary>
    public double AgeMinutes { get; init; } = 30;

    /// <summary>How far ages spread to both sides, a share of the age: 0.1 is what gRPC's servers do.</summary>
    public double Jitter { get; init; } = 0.1;

    /// <summary>Where all draws start.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>When to look, minutes, rising.</summary>
    public IReadOnlyList<double> SampleMinutes { get; init; } = [0, 1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 18, 21, 24, 27, 30, 35, 40, 50, 60, 75, 90, 105, 120, 150, 180, 240];
}
