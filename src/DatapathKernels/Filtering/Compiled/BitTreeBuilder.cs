using System.Numerics;
using System.Runtime.InteropServices;
using DatapathKernels.Memory;
using DatapathKernels.Simd;

namespace DatapathKernels.Filtering;

/// <summary>Builds the <see cref="BitTree{THead}"/>s of a chain: O(rules × bits × depth), arrays only.</summary>
internal sealed unsafe class BitTreeBuilder<THead>
    where THead : struct, IRuleHead
{
    /// <summary>No more rules than these are not worth another step: two blocks.</summary>
    private const int LeafRules = 8;

    private const int MostDepth = 6, NarrowBits = 8;

    private readonly RuleBits[] _rules;
    private readonly List<BitNode> _nodes = [];
    private readonly List<uint> _children = [];
    private readonly List<int> _ids = [];
    private readonly List<(uint Root, int First, int Last)> _trees = [];
    private readonly int _mostBlocks;
    private bool _refused;

    private BitTreeBuilder(byte* heads, int count)
    {
        _rules = new RuleBits[count];
        for (int rule = 0; rule < count; rule++)
            _rules[rule] = RuleBits.Of(THead.MaskOf(heads, rule), THead.ValueOf(heads, rule));
        _mostBlocks = (count * 4) + 64;
    }

    /// <summary>
    /// The trees of a chain in memory of their own, the one with the earliest rule first; null when its rules cannot be told
    /// apart well enough by the bits they compare.
    /// </summary>
    public static NativeBuffer? Build(byte* heads, int count, out int trees)
    {
        BitTreeBuilder<THead> builder = new(heads, count);
        builder.Grow();
        trees = builder._trees.Count;
        return builder._refused ? null : builder.Write();
    }

    private void Grow()
    {
        List<int>[] groups = [[], [], [], []];
        for (int rule = 0; rule < _rules.Length; rule++)
            groups[_rules[rule].NarrowSides(THead.Words == 2, NarrowBits)].Add(rule);
        foreach (List<int> group in groups)
        {
            if (group.Count > 0)
                _trees.Add((Place([.. group], 0), group[0], group[^1]));
        }

        _trees.Sort((left, right) => left.First.CompareTo(right.First));
    }

    /// <summary>A node or a leaf for some rules, ascending; what its parent has for a child.</summary>
    private uint Place(int[] rules, int depth)
    {
        if (rules.Length <= LeafRules || depth == MostDepth || !BitCut.TryFind(_rules, rules, THead.Words, depth == 0, out BitCut cut))
            return Leaf(rules);
        List<int>[] parts = cut.Split(_rules, rules);
        int node = _nodes.Count, children = _children.Count;
        _nodes.Add(new BitNode { Mask = cut.Mask, Word = cut.Word, Children = children });
        CollectionsMarshal.SetCount(_children, children + parts.Length);
        for (int i = 0; i < parts.Length && !_refused; i++)
        {
            uint child = Place([.. parts[i]], depth + 1);
            _children[children + i] = child;
        }

        return BitTree<THead>.IsNode | (uint)node;
    }

    private uint Leaf(int[] rules)
    {
        int first = _ids.Count / BitTree<THead>.Lanes, blocks = (rules.Length + BitTree<THead>.Lanes - 1) / BitTree<THead>.Lanes;
        _refused |= blocks > BitTree<THead>.MostBlocks || first + blocks > Math.Min(_mostBlocks, (int)BitTree<THead>.NumberMask);
        if (blocks == 0 || _refused)
            return 0;
        _ids.AddRange(rules);
        while (_ids.Count % BitTree<THead>.Lanes != 0)
            _ids.Add(int.MaxValue);
        return (uint)first | ((uint)blocks << BitTree<THead>.CountShift);
    }

    private NativeBuffer Write()
    {
        nuint blocks = (nuint)_ids.Count / BitTree<THead>.Lanes * (nuint)BitTree<THead>.BlockBytes;
        nuint trees = (nuint)_trees.Count * (nuint)sizeof(BitTree<THead>), nodes = (nuint)_nodes.Count * (nuint)sizeof(BitNode);
        nuint children = (nuint)_children.Count * sizeof(uint), blocksStart = (trees + nodes + children + 63) & ~(nuint)63;
        NativeBuffer memory = new(blocksStart + blocks + ((nuint)_ids.Count * sizeof(int)));
        BitTree<THead>* tree = (BitTree<THead>*)memory.Pointer;
        BitTree<THead> shared = new()
        {
            Nodes = (BitNode*)(memory.Pointer + trees),
            Children = (uint*)(memory.Pointer + trees + nodes),
            Blocks = memory.Pointer + blocksStart,
            Ids = (int*)(memory.Pointer + blocksStart + blocks),
        };
        foreach ((uint root, int first, int last) in _trees)
            *tree++ = shared with { Root = root, First = first, Last = last };
        CollectionsMarshal.AsSpan(_nodes).CopyTo(new Span<BitNode>(shared.Nodes, _nodes.Count));
        CollectionsMarshal.AsSpan(_children).CopyTo(new Span<uint>(shared.Children, _children.Count));
        CollectionsMarshal.AsSpan(_ids).CopyTo(new Span<int>(shared.Ids, _ids.Count));
        for (int i = 0; i < _ids.Count; i++)
            WriteHead((ulong*)(shared.Blocks + ((nint)(i / BitTree<THead>.Lanes) * BitTree<THead>.BlockBytes)) + (i % BitTree<THead>.Lanes), _ids[i]);
        return memory;
    }

    private void WriteHead(ulong* lane, int rule)
    {
        for (int word = 0; word < THead.Words; word++, lane += 2 * BitTree<THead>.Lanes)
        {
            lane[0] = rule == int.MaxValue ? 0 : _rules[rule].Mask(word);
            lane[BitTree<THead>.Lanes] = rule == int.MaxValue ? ulong.MaxValue : _rules[rule].Value(word);
        }
    }
}
