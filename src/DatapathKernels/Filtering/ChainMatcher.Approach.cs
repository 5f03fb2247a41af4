using System.Runtime.CompilerServices;

namespace DatapathKernels.Filtering;

/// <content>How walks come to dispatch chains: read once from the packed rules, and anew when those change.</content>
public abstract unsafe partial class ChainMatcher
{
    private const int Approaches = 16;

    private const ulong PlainBits = 0x1fffff | (127UL << PackedOp.ActionShift), PlainJump = (ulong)RuleAction.Jump << PackedOp.ActionShift;

    private readonly Approach[] _approaches = new Approach[Approaches];

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
    private struct Approach
    {
        /// <summary>Null when they come to none.</summary>
        public ShortcutTable* Table;

        /// <summary>The end of the dispatch chain and that of the chain the walk began in; null when packets that match no rule of it walk.</summary>
        public ulong* End, Policy;

        /// <summary>The number of the rule that jumps there; -1 for none.</summary>
        public int Jump;

        /// <summary>Which chain this is said of, one more than its number, and by which version of the rules.</summary>
        public int Chain, Version;
    }

    /// <summary>For use in one walk alone.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ref readonly Approach ApproachOf(PackedRules<RuleHeadV4> rules, int chain)
    {
        ref Approach approach = ref _approaches[chain & (Approaches - 1)];
        int version = rules.Version;
        if (approach.Chain != chain + 1 | approach.Version != version)
            FindApproach(rules, chain, version, ref approach);
        return ref approach;
    }

    // SAFE: blocks and indexes are the packer's; both are read between two steps, and replaced ones stay until walks have passed.
    // A version is counted up after its blocks are published and before walks are waited for, so that no walk after that one
    // knows what was read before.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void FindApproach(PackedRules<RuleHeadV4> rules, int chain, int version, ref Approach approach)
    {
        approach = new Approach { Chain = chain + 1, Version = version, Jump = -1 };
        ulong* cells = rules.Cells;
        ulong entry = Volatile.Read(ref rules.Entries[chain]);
        ulong* op = PackedOp.Enter(cells, (uint)entry, out int number), back = null;
        if ((*op & PlainBits) == PlainJump)
        {
            back = op + PackedOp.LengthOf(*op);
            approach.Jump = number;
            op = PackedOp.Enter(cells, PackedOp.ArgumentOf(*op), out _);
        }

        if (entry == 0 || PackedOp.ActionOf(*op) != PackedOp.Indexed)
            return;
        ChainIndex<RuleHeadV4>* index = *(ChainIndex<RuleHeadV4>**)(op + 1);
        approach.Table = (ShortcutTable*)Volatile.Read(ref *(nint*)&index->Shortcuts);
        if (index->OthersAskForLocal && back != null && PackedOp.ActionOf(*back) is (int)RuleAction.PolicyAccept or (int)RuleAction.PolicyDrop)
        {
            approach.End = op + PackedOp.LengthOf(*op);
            approach.Policy = back;
        }
    }
}
