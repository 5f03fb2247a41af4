namespace DatapathKernels.Bench.Scenarios.Disruption;

/// <summary>Something that gives flows their backends without remembering them.</summary>
internal interface IFlowBalancer
{
    /// <summary>What people call it.</summary>
    string Name { get; }

    /// <summary>The flows that move when one of so many backends leaves.</summary>
    /// <param name="backends">How many there are before.</param>
    /// <param name="leaving">Which one leaves, from 0.</param>
    FlowMoves Leave(int backends, int leaving);

    /// <summary>The flows that move when one comes to so many backends.</summary>
    /// <param name="backends">How many there are before.</param>
    FlowMoves Join(int backends);
}
