using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using DatapathKernels.Diagnostics;

namespace DatapathKernels.LoadBalancing;

/// <summary>
/// A Maglev lookup table: a prime number of slots, each holding one backend. A flow's hash picks the slot, so every node
/// with the same backends sends a flow the same way, and most flows stay where they are when a backend comes or goes.
/// </summary>
/// <remarks>
/// Immutable: build the next one beside the packet path and publish it by one reference write. Two bytes a slot; a lookup is
/// two multiplications and one load. Follows Eisenbud et al., NSDI 2016, section 3.4.
/// </remarks>
public sealed class MaglevTable
{
    /// <summary>What a lookup in a table without backends answers.</summary>
    public const int NoBackend = -1;

    /// <summary>The most backends a table holds.</summary>
    public const int MaxBackends = 65_535;

    private readonly ushort[] _slots;
    private readonly ulong _reciprocal;

    internal MaglevTable(ushort[] slots, int backends)
    {
        _slots = slots;
        _reciprocal = Reciprocal((uint)slots.Length);
        BackendCount = backends;
    }

    /// <summary>Number of slots.</summary>
    public int Size => _slots.Length;

    /// <summary>Number of backends it was built for; lookups answer 0 to this, exclusive.</summary>
    public int BackendCount { get; }

    /// <summary>The backend of a slot, as its place in the list the table was built from; <see cref="NoBackend"/> without backends.</summary>
    /// <exception cref="IndexOutOfRangeException">No such slot.</exception>
    public int this[int slot] => Backend(_slots[slot]);

    /// <summary>The backend of a flow: that of slot <c>hash mod Size</c>.</summary>
    /// <param name="hash">The product's own flow hash, for example <see cref="CiliumMaglev.Hash(in Packets.FlowKeyV4, bool)"/>.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Lookup(uint hash)
    {
        // SAFE: the remainder lies below the number of slots
        ref ushort slots = ref MemoryMarshal.GetArrayDataReference(_slots);
        return Backend(Unsafe.Add(ref slots, Remainder(hash, (uint)_slots.Length, _reciprocal)));
    }

    /// <summary>Looks up every hash: the same as one by one.</summary>
    /// <param name="hashes">The hashes.</param>
    /// <param name="backends">Receives one backend a hash.</param>
    /// <exception cref="ArgumentException">Fewer places than hashes.</exception>
    public void Lookup(ReadOnlySpan<uint> hashes, Span<int> backends)
    {
        if (backends.Length < hashes.Length)
            Throw.Argument(nameof(backends), "expected room for one backend a hash");
        backends = backends[..hashes.Length];
        if (BackendCount == 0)
        {
            backends.Fill(NoBackend);
            return;
        }

        ref ushort slots = ref MemoryMarshal.GetArrayDataReference(_slots);
        (uint size, ulong reciprocal) = ((uint)_slots.Length, _reciprocal);
        // SAFE: the remainder lies below the number of slots
        for (int i = 0; i < backends.Length; i++)
            backends[i] = Unsafe.Add(ref slots, Remainder(hashes[i], size, reciprocal));
    }

    /// <summary>How many slots each backend has. Allocates.</summary>
    public int[] SlotCounts()
    {
        int[] counts = new int[BackendCount];
        if (BackendCount == 0)
            return counts;
        foreach (ushort slot in _slots)
            counts[slot]++;
        return counts;
    }

    /// <summary><c>2^64 / divisor</c>, rounded up.</summary>
    internal static ulong Reciprocal(uint divisor) => (ulong.MaxValue / divisor) + 1;

    /// <summary>
    /// <c>value mod divisor</c> without a division (Lemire, Kaser, Kurz 2019): the low half of value times reciprocal is the
    /// remainder as a fraction of 2^64. Exact for every 32-bit value and divisor.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static nuint Remainder(uint value, uint divisor, ulong reciprocal) => (nuint)Math.BigMul(reciprocal * value, (ulong)divisor, out _);

    private int Backend(ushort slot) => BackendCount == 0 ? NoBackend : slot;
}
