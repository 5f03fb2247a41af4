using DatapathKernels.Memory;

namespace DatapathKernels.Filtering;

/// <summary>
/// A ruleset laid out for walks that jump around: every chain is one block of <see cref="PackedOp">packed rules</see>, and
/// blocks lie in the order of the first jump to them, so that a service stands next to its endpoints.
/// <code>
/// block of a chain        header | rule | rule | ... | its end
/// block of a long chain   header | Indexed, pointer | its end        rules in a ChainIndex
///
/// header  bits  0..31  number of the first rule
///         32..63  0, or the cell of the block that took this one's place
/// end     argument     its number
/// </code>
/// Jumps lead to the first block a chain ever had, its home. A chain is replaced by writing its new block beside it and then
/// the home's header, one store: a walk enters the old block or the new one, and one that is in the old block leaves it in peace.
/// </summary>
internal sealed unsafe partial class PackedRules<THead> : IDisposable
    where THead : struct, IRuleHead
{
    private const int MostMasks = 4096;

    private readonly NativeBuffer _masks = new((nuint)MostMasks * (nuint)sizeof(RuleMask));
    private readonly NativeBuffer _returns = new((nuint)(ChainGraph.DepthLimit + 1) * (nuint)sizeof(WalkPlace));
    private readonly Dictionary<RuleMask, int> _maskNumbers = [];
    private readonly List<ChainIndexMemory<THead>> _indexes = [];
    private readonly NativeBuffer _cells;
    private readonly RangePool _spare;
    private int[] _homes;
    private ulong[] _entries;
    private int _version;

    /// <summary>The blocks.</summary>
    public ulong* Cells => (ulong*)_cells.Pointer;

    /// <summary>The masks of heads.</summary>
    public RuleMask* Masks => (RuleMask*)_masks.Pointer;

    /// <summary>Where walks put the places they return to.</summary>
    public WalkPlace* Returns => (WalkPlace*)_returns.Pointer;

    /// <summary>Where each chain's block starts (low half) and where its end stands (high half).</summary>
    public ulong[] Entries => _entries;

    /// <summary>Another after every change: what was read of blocks in a walk that began by the same version is still so.</summary>
    public int Version => Volatile.Read(ref _version);

    /// <summary>Bytes of native memory.</summary>
    public long Bytes { get; private set; }

    /// <summary>
    /// The largest index that a chain has or jumps to without looking at the packet, where most packets go first; null when
    /// there is none among its first rules.
    /// </summary>
    public ChainIndex<THead>* FirstIndex(int chain)
    {
        ulong entry = Volatile.Read(ref _entries[chain]);
        ulong* op = Cells + (uint)entry + 1, end = Cells + (entry >> 32);
        ChainIndex<THead>* found = null;
        for (int rule = 0; rule < 8 && op < end; rule++, op += PackedOp.LengthOf(*op))
        {
            ulong* target = op;
            if (PackedOp.ActionOf(*op) == (int)RuleAction.Jump)
            {
                ulong* home = Cells + PackedOp.ArgumentOf(*op);
                ulong forward = Volatile.Read(ref *home) >> 32;
                target = (forward == 0 ? home : Cells + forward) + 1;
            }

            if (PackedOp.ActionOf(*target) != PackedOp.Indexed)
                continue;
            ChainIndex<THead>* index = *(ChainIndex<THead>**)(target + 1);
            if (found == null || index->Count > found->Count)
                found = index;
        }

        return found;
    }

    private void CountBytes()
    {
        Bytes = (long)(_cells.Length + _masks.Length + _returns.Length) + _records.Bytes;
        foreach (ChainIndexMemory<THead> index in _indexes)
            Bytes += index.Bytes;
    }

    public void Dispose()
    {
        // Whoever comes after this reads blocks anew, and learns of it there.
        _version++;
        _cells.Dispose();
        _masks.Dispose();
        _returns.Dispose();
        _records.Dispose();
        foreach (ChainIndexMemory<THead> index in _indexes)
            index.Dispose();
    }
}
