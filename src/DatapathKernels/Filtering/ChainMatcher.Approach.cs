using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace DatapathKernels.Filtering;

/// <content>How walks come to dispatch chains: read once from the packed rules, and anew when those change.</content>
public abstract unsafe partial class ChainMatcher
{
    private const int Approaches = 16;

    private const ulong PlainBits = 0x1fffff | (127UL << PackedOp.ActionShift), PlainJump = (ulong)RuleAction.Jump << PackedOp.ActionShift;

    // Pinned, so that walks go there by pointer; never freed before the matcher is, so that a walk after Dispose finds that all are old.
    private readonly Approach[] _approaches = GC.AllocateArray<Approach>(Approaches, pinned: true);

    /// <summary>What becomes of a packet that came to a dispatch chain.</summary>
    private enum Way
    {
        /// <summary>It must be walked.</summary>
        Walk,

        /// <summary>No rule matches it, and the policy says this.</summary>
        PassAccepted,

        /// <summary>No rule matches it, and the policy says this.</summary>
        PassDropped,

        /// <summary>An endpoint was drawn for it.</summary>
        Endpoint,
    }

    /// <summary>How walks of one chain come to a dispatch chain.</summary>
    [StructLayout(LayoutKind.Sequential, Size = 64)]
    private struct Approach
    {
        /// <summary>Which chain this is said of, one more than its number, and above that by which version of the rules.</summary>
        public ulong Key;

        /// <summary>Null when they come to none.</summary>
        public ShortcutTable* Table;

        /// <summary>The counters of the rule that jumps there, or <see cref="Unused"/>.</summary>
        public RuleCounters* Jump;

        /// <summary>Those of the end of the dispatch chain and of the chain the walk began in; null when packets that match no rule walk.</summary>
        public RuleCounters* End, Policy;

        /// <summary>What becomes of those packets.</summary>
        public Way Past;

        /// <summary>Counted where no rule jumps, instead of asking.</summary>
        public RuleCounters Unused;
    }

    /// <summary>For use in one walk alone.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Approach* ApproachOf(PackedRules<RuleHeadV4> rules, int chain)
    {
        Approach* approach = (Approach*)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(_approaches)) + (chain & (Approaches - 1));
        ulong key = ((ulong)(uint)rules.Version << 32) | ((uint)chain + 1);
        if (approach->Key != key)
            FindApproach(rules, chain, key, approach);
        return approach;
    }

    // SAFE: blocks and indexes are the packer's; both are read between two steps, and replaced ones stay until walks have passed.
    // A version is counted up after its blocks are published and before walks are waited for, so that no walk after that one
    // knows what was read before.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void FindApproach(PackedRules<RuleHeadV4> rules, int chain, ulong key, Approach* approach)
    {
        ulong* cells = rules.Cells;
        RuleCounters* counters = _state.Counters;
        *approach = new Approach { Key = key, Jump = &approach->Unused };
        ulong entry = Volatile.Read(ref rules.Entries[chain]);
        ulong* op = PackedOp.Enter(cells, (uint)entry, out int number), back = null;
        if ((*op & PlainBits) == PlainJump)
        {
            back = op + PackedOp.LengthOf(*op);
            approach->Jump = counters + number;
            op = PackedOp.Enter(cells, PackedOp.ArgumentOf(*op), out _);
        }

        if (entry == 0 || PackedOp.ActionOf(*op) != PackedOp.Indexed)
            return;
        ChainIndex<RuleHeadV4>* index = *(ChainIndex<RuleHeadV4>**)(op + 1);
        approach->Table = (ShortcutTable*)Volatile.Read(ref *(nint*)&index->Shortcuts);
        if (!index->OthersAskForLocal || back == null || PackedOp.ActionOf(*back) is not ((int)RuleAction.PolicyAccept or (int)RuleAction.PolicyDrop))
            return;
        approach->End = counters + PackedOp.ArgumentOf(op[PackedOp.LengthOf(*op)]);
        approach->Policy = counters + PackedOp.ArgumentOf(*back);
        approach->Past = PackedOp.ActionOf(*back) == (int)RuleAction.PolicyAccept ? Way.PassAccepted : Way.PassDropped;
    }
}
