namespace DatapathKernels.Filtering;

/// <summary>By hash in the chains that are long, rule by rule in the others.</summary>
internal readonly unsafe struct IndexScan<THead>(byte* heads, RuleIndex<THead> index) : IRuleScan
    where THead : struct, IRuleHead
{
    private readonly byte* _heads = heads;
    private readonly RuleIndex<THead> _index = index;

    /// <inheritdoc/>
    public int Next(int rule, in PacketView view) => _index.TryNext(rule, view, out int next) ? next : THead.Scan(_heads, rule, view);
}
