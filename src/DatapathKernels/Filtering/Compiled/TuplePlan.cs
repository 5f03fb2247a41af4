using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;

namespace DatapathKernels.Filtering;

/// <summary>
/// Which rules share a table of a <see cref="ChainIndex{THead}"/>. As long as the rules of a chain compare few different sets
/// of bits, each set has its own table and a probe finds exactly the rules that match. With more sets the probes would cost
/// more than they save: then, unless trees can be built, a rule goes to the table with the most bits of those it compares, and where there is none
/// or the rules found by one probe there would become too many, a table is opened with a little less than its bits, so that rules like it fit too.
/// </summary>
internal sealed unsafe class TuplePlan<THead>
    where THead : struct, IRuleHead
{
    private const int MostExact = 6, MostTogether = 24;

    private readonly Dictionary<ulong, int> _together = [];
    private int _rules;

    private TuplePlan(RuleMask mask, int first) => (Mask, First) = (mask, first);

    /// <summary>The bits its rules are found by.</summary>
    public RuleMask Mask { get; }

    /// <summary>Its first rule.</summary>
    public int First { get; }

    /// <summary>Its last rule.</summary>
    public int Last { get; private set; }

    /// <summary>Slots: twice the rules at least.</summary>
    public nuint Slots => BitOperations.RoundUpToPowerOf2((nuint)_rules * 2);

    /// <summary>The tables of a chain, in the order of their first rules; null when its rules compare more sets of bits than should be asked one by one.</summary>
    public static List<TuplePlan<THead>>? GroupExactly(byte* heads, int[] tableOf)
    {
        List<TuplePlan<THead>> plans = [];
        Dictionary<RuleMask, int> known = [];
        for (int rule = 0; rule < tableOf.Length; rule++)
        {
            RuleMask mask = THead.MaskOf(heads, rule);
            ref int table = ref CollectionsMarshal.GetValueRefOrAddDefault(known, mask, out bool exists);
            if (!exists)
            {
                if (plans.Count == MostExact)
                    return null;
                table = plans.Count;
                plans.Add(new TuplePlan<THead>(mask, rule));
            }

            plans[table].Add(rule);
            tableOf[rule] = table;
        }

        return plans;
    }

    /// <summary>The tables of such a chain, in the order of their first rules.</summary>
    public static List<TuplePlan<THead>> GroupCoarsely(byte* heads, int[] tableOf)
    {
        List<TuplePlan<THead>> plans = [];
        for (int rule = 0; rule < tableOf.Length; rule++)
        {
            RuleMask bits = THead.MaskOf(heads, rule);
            PacketView value = THead.ValueOf(heads, rule);
            int best = -1;
            for (int i = 0; i < plans.Count; i++)
            {
                if (plans[i].Mask.IsWithin(bits) && (best < 0 || plans[i].Mask.Count > plans[best].Mask.Count) && plans[i].HasRoomFor(bits, value))
                    best = i;
            }

            if (best < 0)
            {
                best = plans.Count;
                RuleMask coarser = Coarser(bits);
                plans.Add(new TuplePlan<THead>(plans.Exists(plan => plan.Mask == coarser) ? bits : coarser, rule));
            }

            plans[best].Add(rule);
            plans[best]._together[THead.HashOf(plans[best].Mask, value)] = plans[best]._together.GetValueOrDefault(THead.HashOf(plans[best].Mask, value)) + 1;
            tableOf[rule] = best;
        }

        return plans;
    }

    private void Add(int rule)
    {
        Last = rule;
        _rules++;
    }

    private bool HasRoomFor(in RuleMask bits, in PacketView value) =>
        Mask == bits || _together.GetValueOrDefault(THead.HashOf(Mask, value)) < MostTogether;

    private static RuleMask Coarser(RuleMask bits) => bits with
    {
        Source0 = Coarser((uint)bits.Source0) | ((ulong)Coarser((uint)(bits.Source0 >> 32)) << 32),
        Transport = bits.Transport & (0xffUL << PacketView.ProtocolShift),
    };

    /// <summary>A shorter prefix for an IPv4 mask that is a prefix, shortened as VPP found best for TupleMerge; anything else as it is.</summary>
    private static uint Coarser(uint maskBe)
    {
        uint mask = BinaryPrimitives.ReverseEndianness(maskBe);
        int length = BitOperations.PopCount(mask);
        if (length == 0 || mask != uint.MaxValue << (32 - length))
            return maskBe;
        length -= length switch { 32 => 6, > 24 => 5, > 16 => 4, > 8 => 2, _ => 0 };
        return BinaryPrimitives.ReverseEndianness(uint.MaxValue << (32 - length));
    }
}
