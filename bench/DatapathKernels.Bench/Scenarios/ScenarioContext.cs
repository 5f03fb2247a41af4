using DatapathKernels.Bench.Input;
using DatapathKernels.Bench.Scenarios.Services;

namespace DatapathKernels.Bench.Scenarios;

/// <summary>What a scenario may know about the run it is part of.</summary>
internal sealed record ScenarioContext
{
    /// <summary>All sizes, as long as it takes; otherwise seconds.</summary>
    public bool Full { get; init; }

    /// <summary>The reader's own files.</summary>
    public UserInput Input { get; init; } = UserInput.None;

    /// <summary>Where every draw starts: the same seed, the same answer, but for times.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>What packets cost by mode and size of cluster, as far as a scenario of this run asked.</summary>
    public ServiceCosts Costs { get; } = new();

    /// <summary>Takes lines for the user who waits.</summary>
    public Action<string> Report { get; init; } = _ => { };
}
