using System.Numerics;

namespace DatapathKernels.Filtering;

/// <summary>Bits of a packet that are compared, in the places of <see cref="PacketView"/>.</summary>
internal readonly record struct RuleMask(ulong Source0, ulong Source1, ulong Destination0, ulong Destination1, ulong Transport)
{
    /// <summary>Number of bits.</summary>
    public int Count => BitOperations.PopCount(Source0) + BitOperations.PopCount(Source1)
        + BitOperations.PopCount(Destination0) + BitOperations.PopCount(Destination1) + BitOperations.PopCount(Transport);

    /// <summary>True when every bit is one of the other's.</summary>
    public bool IsWithin(in RuleMask other) =>
        ((Source0 & ~other.Source0) | (Source1 & ~other.Source1) | (Destination0 & ~other.Destination0)
            | (Destination1 & ~other.Destination1) | (Transport & ~other.Transport)) == 0;
}
