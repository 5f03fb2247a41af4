using System.Runtime.CompilerServices;

namespace DatapathKernels.Filtering;

/// <summary>
/// The first word of a packed rule, and the words of 8 bytes (cells) that follow it:
/// <code>
/// bits  0..15  which masks its head compares with (an index of the table of masks)
///       16..18 which of the head's values follow
///       19..20 extras: none; one random draw, 1 cell (its threshold); one test in 2 cells: a negated address (mask, value), or
///              connection states (0, the states; bit 32 set when none of them may be); a list
///       21..24 cells of the whole rule, this one included
///       25..31 action: a RuleAction, or one of those below
///       32..63 argument: the cell a jump goes to, the address of a short DNAT (IPv4)
///
/// word | values of the head | inline extra | RuleTail, 2 cells, for a list or any other action | short DNAT, 1 or 3 cells
/// </code>
/// kube-proxy's rules take 8 to 40 bytes this way instead of 64 to 96 in three places: a service with its endpoints fills
/// five cache lines and not twenty, which is what a packet to a service not seen for a while has to wait for.
/// </summary>
internal static class PackedOp
{
    public const ulong Destination = 1UL << 16, Source = 1UL << 17, Transport = 1UL << 18;
    public const int ExtrasShift = 19, LengthShift = 21, ActionShift = 25, ArgumentShift = 32;
    public const ulong ExtrasMask = 3UL << ExtrasShift;
    public const int NoExtras = 0, Random = 1, Test = 2, List = 3;

    /// <summary>In the second cell of a test of states: none of them may be.</summary>
    public const ulong NegatedStates = 1UL << 32;

    /// <summary>
    /// No rule: the next Argument rules are jumps that take a draw each, and the one behind them takes none. They can be
    /// walked as they stand, or chosen from all at once (<see cref="MostSpread"/> draws at most).
    /// </summary>
    public const int Spread = 125, MostSpread = 8;

    /// <summary>No rule: the rules of this chain are found by the <see cref="ChainIndex{THead}"/> the next cell points to.</summary>
    public const int Indexed = 126;

    /// <summary>DNAT to one address and at most one port.</summary>
    public const int ShortDnat = 127;

    public static int ExtrasOf(ulong word) => (int)(word >> ExtrasShift) & 3;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int LengthOf(ulong word) => (int)(word >> LengthShift) & 15;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int ActionOf(ulong word) => (int)(word >> ActionShift) & 127;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint ArgumentOf(ulong word) => (uint)(word >> ArgumentShift);

    /// <summary>The first rule of a chain's block, or of the block that took its place, and its number.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe ulong* Enter(ulong* cells, uint block, out int number)
    {
        ulong header = Volatile.Read(ref cells[block]);
        if (header >> 32 != 0)
        {
            block = (uint)(header >> 32);
            header = cells[block];
        }

        number = (int)header;
        return cells + block + 1;
    }

    public static ulong WithArgument(ulong word, uint argument) => (uint)word | ((ulong)argument << ArgumentShift);
}
