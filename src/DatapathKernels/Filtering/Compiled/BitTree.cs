using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using DatapathKernels.Simd;

namespace DatapathKernels.Filtering;

/// <summary>
/// Finds the rules of a long chain that a packet may match, where they compare too many different sets of bits for hash
/// tables: a decision tree. Each node names a few bits of the packet, anywhere in one of its words, which one instruction
/// moves together to the number of a child (BitCuts, Liu et al. 2019). Rules that do not care for those bits stand in several
/// children; so that they are few, a chain has up to four trees (CutSplit, Li et al. 2018): of rules with a narrow source, a
/// narrow destination, both, neither. A leaf is a list of rules, compared four at a time.
/// <code>
/// nodes     16 bytes each   <see cref="BitNode"/>
/// children   4 bytes each   node: bit 31, its number. leaf: bits 24..30 number of blocks, bits 0..23 the first
/// blocks    four heads in columns: for each word four masks, four values (128 bytes IPv4, 320 IPv6)
/// ids       16 bytes each   the numbers of the four rules, ascending; a block not full has a head no packet fits
/// </code>
/// </summary>
[StructLayout(LayoutKind.Sequential, Size = 64)]
internal unsafe struct BitTree<THead>
    where THead : struct, IRuleHead
{
    public const uint IsNode = 1u << 31, NumberMask = (1u << 24) - 1;
    public const int Lanes = 4, CountShift = 24, MostBlocks = 127;

    public BitNode* Nodes;
    public uint* Children;
    public byte* Blocks;
    public int* Ids;

    /// <summary>Where the tree begins: a child of nobody.</summary>
    public uint Root;

    /// <summary>Its first and its last rule, counted from the start of the chain.</summary>
    public int First, Last;

    /// <summary>Bytes of four heads in columns.</summary>
    public static int BlockBytes => THead.Words * 2 * Lanes * sizeof(ulong);

    /// <summary>The leaf a packet belongs to.</summary>
    // SAFE: a node has a child for every value of its bits, and children are nodes or leaves the builder wrote
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint LeafOf(BitTree<THead>* tree, in PacketView view)
    {
        uint at = tree->Root;
        while ((at & IsNode) != 0)
        {
            BitNode* node = tree->Nodes + (at & NumberMask);
            at = tree->Children[node->Children + (int)BitGather.Gather(WordOf(view, node->Word), node->Mask)];
        }

        return at;
    }

    /// <summary>Which heads of block <paramref name="block"/> match, one bit each.</summary>
    // SAFE: a block is Words times four masks and four values, aligned to 32 bytes
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Matching(BitTree<THead>* tree, nint block, in PacketView view)
    {
        ulong* columns = (ulong*)(tree->Blocks + (block * BlockBytes));
        Vector256<ulong> differing = Vector256<ulong>.Zero;
        for (int word = 0; word < THead.Words; word++, columns += 2 * Lanes)
            differing |= (Vector256.Create(WordOf(view, word)) & Vector256.Load(columns)) ^ Vector256.Load(columns + Lanes);
        return Vector256.Equals(differing, Vector256<ulong>.Zero).ExtractMostSignificantBits();
    }

    /// <summary>A 64-bit word of a packet; IPv4 has two, IPv6 five.</summary>
    // SAFE: the view is five such words, and word is below that
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong WordOf(in PacketView view, int word) => Unsafe.Add(ref Unsafe.As<PacketView, ulong>(ref Unsafe.AsRef(in view)), word);
}
