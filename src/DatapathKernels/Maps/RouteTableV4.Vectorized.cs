using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using DatapathKernels.Diagnostics;
using DatapathKernels.Simd;

namespace DatapathKernels.Maps;

/// <content>
/// Lookups of many addresses. A large table is as fast as the number of loads the core has under way, and that ends where the
/// instructions that wait for them fill its queues. So four or eight entries are loaded straight into a vector, and all that
/// waits for them is a handful of vector instructions and no branch: the core looks past the end of the call, into the next.
/// (A pass of prefetches before, which a loop of single steps needs, only costs time here; the CPU's own gather takes a
/// tenth to a quarter longer than the loads one by one.)
/// </content>
public sealed unsafe partial class RouteTableV4
{
    internal void LookupBurst<TIsa>(ReadOnlySpan<uint> addressesBe, Span<uint> nextHops)
        where TIsa : struct, IIsa
    {
        if (nextHops.Length < addressesBe.Length)
            Throw.Argument(nameof(nextHops), "expected room for one next hop an address");
        uint* root = Root;
        ref uint from = ref MemoryMarshal.GetReference(addressesBe);
        ref uint to = ref MemoryMarshal.GetReference(nextHops);
        for (int done = 0; done < addressesBe.Length; done += Chunk)
            LookupChunk<TIsa>(root, ref Unsafe.Add(ref from, done), ref Unsafe.Add(ref to, done), Math.Min(Chunk, addressesBe.Length - done));
        GC.KeepAlive(this);
    }

    /// <summary>Up to 64 addresses: whole vectors of them, and the rest one by one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void LookupChunk<TIsa>(uint* root, ref uint from, ref uint to, int length)
        where TIsa : struct, IIsa
    {
        // SAFE: i plus a vector's lanes is at most length, which both spans have
        uint otherwise = Default;
        int i = 0;
        ulong grouped = 0;
        for (; TIsa.V256 && i <= length - Vector256<uint>.Count; i += Vector256<uint>.Count)
        {
            Vector256<uint> entries = Vector256.Create(Four(root, ref Unsafe.Add(ref from, i)), Four(root, ref Unsafe.Add(ref from, i + 4)));
            grouped |= (ulong)entries.ExtractMostSignificantBits() << i;
            Vector256<uint> none = Vector256.Equals(entries, Vector256<uint>.Zero);
            Vector256.ConditionalSelect(none, Vector256.Create(otherwise), entries - Vector256<uint>.One).StoreUnsafe(ref to, (nuint)i);
        }

        for (; TIsa.V128 && i <= length - Vector128<uint>.Count; i += Vector128<uint>.Count)
        {
            Vector128<uint> entries = Four(root, ref Unsafe.Add(ref from, i));
            grouped |= (ulong)entries.ExtractMostSignificantBits() << i;
            Vector128<uint> none = Vector128.Equals(entries, Vector128<uint>.Zero);
            Vector128.ConditionalSelect(none, Vector128.Create(otherwise), entries - Vector128<uint>.One).StoreUnsafe(ref to, (nuint)i);
        }

        for (; i < length; i++)
            TryLookup(Unsafe.Add(ref from, i), out Unsafe.Add(ref to, i));
        if (grouped != 0)
            LookupGrouped(ref from, ref to, grouped);
    }

    /// <summary>The entries of four addresses.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<uint> Four(uint* root, ref uint from) => Vector128.Create(
        EntryOf(root, Host(from)),
        EntryOf(root, Host(Unsafe.Add(ref from, 1))),
        EntryOf(root, Host(Unsafe.Add(ref from, 2))),
        EntryOf(root, Host(Unsafe.Add(ref from, 3))));

    /// <summary>Looks up again, one by one, the addresses whose blocks have longer routes.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void LookupGrouped(ref uint from, ref uint to, ulong grouped)
    {
        for (; grouped != 0; grouped &= grouped - 1)
        {
            int i = BitOperations.TrailingZeroCount(grouped);
            TryLookup(Unsafe.Add(ref from, i), out Unsafe.Add(ref to, i));
        }
    }
}
