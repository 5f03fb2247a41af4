namespace DatapathKernels.Filtering;

/// <summary>Bits of a packet that are compared, in the places of <see cref="PacketView"/>.</summary>
internal readonly record struct RuleMask(ulong Source0, ulong Source1, ulong Destination0, ulong Destination1, ulong Transport);
