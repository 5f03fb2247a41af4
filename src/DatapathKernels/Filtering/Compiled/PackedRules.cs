using DatapathKernels.Memory;

namespace DatapathKernels.Filtering;

/// <summary>
/// A ruleset laid out for walks that jump around: every chain is one block of <see cref="PackedOp">packed rules</see>, and
/// blocks lie in the order of the first jump to them, so that a service stands next to its endpoints.
/// <code>
/// block of a chain        number of its first rule | rule | rule | ... | its end
/// block of a long chain   number of its first rule | Indexed | its end        rules in a ChainIndex
/// </code>
/// </summary>
internal sealed unsafe partial class PackedRules<THead> : IDisposable
    where THead : struct, IRuleHead
{
    /// <summary>Chains with fewer rules that test a head are walked: a few compares side by side cost less than a hash.</summary>
    public const int LeastHeads = 10;

    private const int MostMasks = 4096;

    private readonly NativeBuffer _masks = new((nuint)MostMasks * (nuint)sizeof(RuleMask));
    private readonly NativeBuffer _returns = new((nuint)(ChainGraph.DepthLimit + 1) * (nuint)sizeof(WalkPlace));
    private readonly Dictionary<RuleMask, int> _maskNumbers = [];
    private readonly List<ChainIndexMemory<THead>> _indexes = [];
    private readonly NativeBuffer _cells;

    /// <summary>The blocks.</summary>
    public ulong* Cells => (ulong*)_cells.Pointer;

    /// <summary>The masks of heads.</summary>
    public RuleMask* Masks => (RuleMask*)_masks.Pointer;

    /// <summary>Where walks put the places they return to.</summary>
    public WalkPlace* Returns => (WalkPlace*)_returns.Pointer;

    /// <summary>Where the block of each chain starts.</summary>
    public int[] Starts { get; }

    /// <summary>Where the end of each chain stands.</summary>
    public int[] Ends { get; }

    /// <summary>Bytes of native memory.</summary>
    public long Bytes
    {
        get
        {
            long bytes = (long)(_cells.Length + _masks.Length);
            foreach (ChainIndexMemory<THead> index in _indexes)
                bytes += index.Bytes;
            return bytes;
        }
    }

    public void Dispose()
    {
        _cells.Dispose();
        _masks.Dispose();
        _returns.Dispose();
        foreach (ChainIndexMemory<THead> index in _indexes)
            index.Dispose();
    }
}
