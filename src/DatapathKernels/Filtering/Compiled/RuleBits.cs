using System.Numerics;
using System.Runtime.InteropServices;

namespace DatapathKernels.Filtering;

/// <summary>The bits a rule compares and what it expects there, both in the places of a <see cref="PacketView"/>.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly struct RuleBits
{
    private readonly PacketView _mask, _value;

    private RuleBits(in PacketView mask, in PacketView value) => (_mask, _value) = (mask, value);

    public static RuleBits Of(in RuleMask mask, in PacketView value) => new(
        new PacketView { Transport = mask.Transport, Source0 = mask.Source0, Source1 = mask.Source1, Destination0 = mask.Destination0, Destination1 = mask.Destination1 },
        value);

    /// <summary>Which bits of a word it compares.</summary>
    public ulong Mask(int word) => BitTree<RuleHeadV4>.WordOf(_mask, word);

    /// <summary>What it expects there.</summary>
    public ulong Value(int word) => BitTree<RuleHeadV4>.WordOf(_value, word);

    /// <summary>Bit 0: it compares so many bits of the source at least; bit 1: of the destination.</summary>
    public int NarrowSides(bool v4, int bits)
    {
        int source = BitOperations.PopCount(v4 ? (uint)_mask.Source0 : _mask.Source0) + BitOperations.PopCount(_mask.Source1);
        int destination = BitOperations.PopCount(v4 ? _mask.Source0 >> 32 : _mask.Destination0) + BitOperations.PopCount(_mask.Destination1);
        return (source >= bits ? 1 : 0) | (destination >= bits ? 2 : 0);
    }
}
