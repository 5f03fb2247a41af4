using System.Numerics;
using System.Runtime.InteropServices;
using DatapathKernels.Simd;

namespace DatapathKernels.Filtering;

/// <summary>
/// The bits of one word that a node of a <see cref="BitTree{THead}"/> tells its rules apart by. They are chosen one after
/// the other, each so that what a packet made for one of the rules still has to be compared with is least, while the rules that
/// do not care for a bit, and go to both sides of it, do not become too many.
/// </summary>
[StructLayout(LayoutKind.Auto)]
internal readonly struct BitCut
{
    // A node is chosen by looking at this many of its rules.
    private const int SampleSize = 1024;

    // A bit that leaves more than this of the work is not worth its doubling of the children.
    private const double LeastGain = 0.9;

    private const int MostRootBits = 12, MostBits = 6;

    private BitCut(int word, ulong mask) => (Word, Mask) = (word, mask);

    /// <summary>Which word of the <see cref="PacketView"/>.</summary>
    public int Word { get; }

    /// <summary>Its bits.</summary>
    public ulong Mask { get; }

    /// <summary>The best cut in any word; false when none tells the rules apart.</summary>
    public static bool TryFind(RuleBits[] all, int[] rules, int words, bool isRoot, out BitCut cut)
    {
        cut = default;
        int[] sample = Sample(rules);
        double best = LeastGain * LeastGain * sample.Length;
        int mostBits = Math.Min(isRoot ? MostRootBits : MostBits, BitOperations.Log2((uint)rules.Length));
        for (int word = 0; word < words; word++)
        {
            ulong mask = Choose(all, sample, word, mostBits, isRoot ? 3 : 2, out double left);
            if (left < best)
                (best, cut) = (left, new BitCut(word, mask));
        }

        return cut.Mask != 0;
    }

    /// <summary>The rules of each child, ascending.</summary>
    public List<int>[] Split(RuleBits[] all, int[] rules)
    {
        List<int>[] parts = new List<int>[1 << BitOperations.PopCount(Mask)];
        for (int i = 0; i < parts.Length; i++)
            parts[i] = [];
        foreach (int rule in rules)
        {
            uint fixedBits = (uint)BitGather.Gather(all[rule].Value(Word), Mask), free = (uint)BitGather.Gather(~all[rule].Mask(Word), Mask);
            uint chosen = 0;
            do
            {
                parts[fixedBits | chosen].Add(rule);
                chosen = (chosen - free) & free;
            }
            while (chosen != 0);
        }

        return parts;
    }

    private static int[] Sample(int[] rules)
    {
        if (rules.Length <= SampleSize)
            return rules;
        int[] sample = new int[SampleSize];
        for (int i = 0; i < SampleSize; i++)
            sample[i] = rules[(int)((long)i * rules.Length / SampleSize)];
        return sample;
    }

    /// <summary>Bits of one word; <paramref name="left"/> is the number of rules in the child of a packet made for one of them.</summary>
    private static ulong Choose(RuleBits[] all, int[] sample, int word, int mostBits, int mostCopies, out double left)
    {
        List<List<int>> groups = [new List<int>(sample)];
        ulong mask = 0;
        left = sample.Length;
        Span<Tally> tallies = stackalloc Tally[64];
        for (int bits = 0; bits < mostBits; bits++)
        {
            Count(all, groups, word, mask, tallies);
            int best = -1;
            for (int bit = 0; bit < 64; bit++)
            {
                if ((mask >> bit & 1) == 0 && tallies[bit].Rules <= (double)mostCopies * sample.Length && (best < 0 || tallies[bit].Work < tallies[best].Work))
                    best = bit;
            }

            if (best < 0 || tallies[best].Work > left * sample.Length * LeastGain)
                break;
            mask |= 1UL << best;
            left = tallies[best].Work / sample.Length;
            groups = Divide(all, groups, word, best);
        }

        return mask;
    }

    /// <summary>For every bit: the work and the rules when each group is divided by it. A rule of many groups weighs one in all.</summary>
    private static void Count(RuleBits[] all, List<List<int>> groups, int word, ulong mask, Span<Tally> tallies)
    {
        tallies.Clear();
        Span<(int Ones, int Zeros, double OneWeight, double ZeroWeight)> counts = stackalloc (int, int, double, double)[64];
        foreach (List<int> group in groups)
        {
            counts.Clear();
            double weight = 0;
            foreach (int rule in group)
            {
                ulong compared = all[rule].Mask(word), value = all[rule].Value(word);
                double share = 1.0 / (1 << BitOperations.PopCount(mask & ~compared));
                weight += share;
                for (ulong rest = compared & ~mask; rest != 0; rest &= rest - 1)
                {
                    ref (int Ones, int Zeros, double OneWeight, double ZeroWeight) count = ref counts[BitOperations.TrailingZeroCount(rest)];
                    bool one = (value >> BitOperations.TrailingZeroCount(rest) & 1) != 0;
                    (count.Ones, count.Zeros) = (count.Ones + (one ? 1 : 0), count.Zeros + (one ? 0 : 1));
                    (count.OneWeight, count.ZeroWeight) = (count.OneWeight + (one ? share : 0), count.ZeroWeight + (one ? 0 : share));
                }
            }

            for (int bit = 0; bit < 64; bit++)
            {
                (int ones, int zeros, double oneWeight, double zeroWeight) = counts[bit];
                double free = (weight - oneWeight - zeroWeight) / 2;
                int inOnes = group.Count - zeros, inZeros = group.Count - ones;
                tallies[bit].Work += (inOnes * (oneWeight + free)) + (inZeros * (zeroWeight + free));
                tallies[bit].Rules += inOnes + inZeros;
            }
        }
    }

    private static List<List<int>> Divide(RuleBits[] all, List<List<int>> groups, int word, int bit)
    {
        List<List<int>> divided = new(groups.Count * 2);
        foreach (List<int> group in groups)
        {
            List<int> ones = [], zeros = [];
            foreach (int rule in group)
            {
                bool compared = (all[rule].Mask(word) >> bit & 1) != 0, one = (all[rule].Value(word) >> bit & 1) != 0;
                if (!compared || one)
                    ones.Add(rule);
                if (!compared || !one)
                    zeros.Add(rule);
            }

            if (ones.Count > 0)
                divided.Add(ones);
            if (zeros.Count > 0)
                divided.Add(zeros);
        }

        return divided;
    }

    private struct Tally
    {
        public double Work;
        public long Rules;
    }
}
