namespace DatapathKernels.Filtering;

/// <summary>The linear scan that tells a <see cref="WalkTrace"/> of each step.</summary>
internal readonly unsafe struct TraceScan<THead>(byte* heads, WalkTrace trace) : IRuleScan
    where THead : struct, IRuleHead
{
    private readonly byte* _heads = heads;

    /// <inheritdoc/>
    public int Next(int rule, in PacketView view)
    {
        int found = THead.Scan(_heads, rule, view);
        trace.Step(rule, found, view);
        return found;
    }
}
