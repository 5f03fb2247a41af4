using System.Runtime.CompilerServices;

namespace DatapathKernels.Filtering;

/// <summary>Rule by rule, as the kernel goes.</summary>
internal readonly unsafe struct LinearScan<THead>(byte* heads) : IRuleScan
    where THead : struct, IRuleHead
{
    private readonly byte* _heads = heads;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Next(int rule, in PacketView view) => THead.Scan(_heads, rule, view);
}
