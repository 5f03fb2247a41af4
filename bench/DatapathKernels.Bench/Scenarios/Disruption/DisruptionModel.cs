namespace DatapathKernels.Bench.Scenarios.Disruption;

/// <summary>Takes backends away from a balancer, and gives it one more.</summary>
internal static class DisruptionModel
{
    private const int LeavingTried = 5;

    /// <summary>The mean over several backends that could leave, spread over the list.</summary>
    public static FlowMoves Leave(IFlowBalancer balancer, int backends)
    {
        int tried = Math.Min(LeavingTried, backends);
        return FlowMoves.Mean([.. Enumerable.Range(0, tried).Select(i => balancer.Leave(backends, i * backends / tried))]);
    }

    /// <summary>One comes.</summary>
    public static FlowMoves Join(IFlowBalancer balancer, int backends) => balancer.Join(backends);
}
