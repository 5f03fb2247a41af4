using DatapathKernels.Bench.Scenarios.Measuring;
using DatapathKernels.Formats.Datapaths;

namespace DatapathKernels.Bench.Scenarios.Updates;

/// <summary>What a change costs a mode, and its packets.</summary>
/// <param name="Mode">The mode.</param>
/// <param name="Reload">Everything anew, ns.</param>
/// <param name="Change">One endpoint, ns; null where the mode knows no such change.</param>
/// <param name="IsBesideReader">Whether another thread made the changes.</param>
/// <param name="Phases">Before, during and after.</param>
internal sealed record UpdateCost(DatapathMode Mode, ScenarioTime Reload, ScenarioTime? Change, bool IsBesideReader, IReadOnlyList<UpdatePhase> Phases)
{
    /// <summary>Who makes the changes, in words.</summary>
    public string How => Change is null ? "as a whole only" : IsBesideReader ? "by another thread, packets go on" : "between two packets";
}
