using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using DatapathKernels.Diagnostics;
using DatapathKernels.Packets;
using DatapathKernels.Simd;

namespace DatapathKernels.Maps;

/// <content>
/// Lookups of many addresses, in passes over up to 64 of them: the first asks the memory for all entries of the first level, the second
/// reads them and asks for what they lead to, the third compares with the buckets. Few go on through groups, level by level. In a
/// small table, which the core's caches hold, one address after the other is as fast.
/// </content>
public sealed unsafe partial class RouteTableV6
{
    private const int Chunk = 64;

    internal void LookupBurst<TIsa>(ReadOnlySpan<IPv6Address> addresses, Span<uint> nextHops)
        where TIsa : struct, IIsa
    {
        if (nextHops.Length < addresses.Length)
            Throw.Argument(nameof(nextHops), "expected room for one next hop an address");
        uint* root = Root;
        ref IPv6Address from = ref MemoryMarshal.GetReference(addresses);
        ref uint to = ref MemoryMarshal.GetReference(nextHops);
        for (int i = 0; _rootBits == SmallRootBits && i < addresses.Length; i++)
            Unsafe.Add(ref to, i) = PrefixTree.NextHopOf(EntryOf<TIsa>(root, in Unsafe.Add(ref from, i)), Default);
        for (int done = 0; _rootBits != SmallRootBits && done < addresses.Length; done += Chunk)
            LookupChunk<TIsa>(root, ref Unsafe.Add(ref from, done), ref Unsafe.Add(ref to, done), Math.Min(Chunk, addresses.Length - done));
        GC.KeepAlive(this);
    }

    [SkipLocalsInit]
    private void LookupChunk<TIsa>(uint* root, ref IPv6Address from, ref uint to, int length)
        where TIsa : struct, IIsa
    {
        // SAFE: i is below length, which is at most Chunk and what both spans have
        uint* entries = stackalloc uint[Chunk];
        int version = Tree.Version;
        for (int i = 0; i < length; i++)
            Prefetch.Read(root + (HalfOf(in Unsafe.Add(ref from, i), 0) >> (64 - _rootBits)));
        ulong grouped = 0;
        for (int i = 0; i < length; i++)
        {
            uint entry = Volatile.Read(ref root[HalfOf(in Unsafe.Add(ref from, i), 0) >> (64 - _rootBits)]);
            entries[i] = entry;
            grouped |= (PrefixTree.IsGroup(entry) ? 1UL : 0) << i;
            Prefetch.Read(_buckets + PrefixTree.BucketOrFirst(entry));
        }

        for (int level = _rootBits; grouped != 0 && level < 128; level += 8)
            grouped = Descend(entries, ref from, grouped, level);
        uint otherwise = Default;
        for (int i = 0; i < length; i++)
        {
            uint entry = entries[i];
            ref IPv6Address address = ref Unsafe.Add(ref from, i);
            if (PrefixTree.IsBucket(entry))
                entry = RouteBucket.EntryOf<TIsa>(_buckets + PrefixTree.BucketOf(entry), HalfOf(in address, 0), HalfOf(in address, 1), PrefixTree.IsLong(entry));
            Unsafe.Add(ref to, i) = PrefixTree.NextHopOf(entry, otherwise);
        }

        Volatile.ReadBarrier();
        for (int i = 0; version != Tree.Version && i < length; i++)
            TryLookup<TIsa>(in Unsafe.Add(ref from, i), out Unsafe.Add(ref to, i));
    }

    /// <summary>One level of groups: asks the memory for all entries, then reads them. Returns which lead to groups again.</summary>
    private ulong Descend(uint* entries, ref IPv6Address from, ulong grouped, int level)
    {
        for (ulong rest = grouped; rest != 0; rest &= rest - 1)
            Prefetch.Read(Below(entries, ref from, BitOperations.TrailingZeroCount(rest), level));
        ulong deeper = 0;
        for (ulong rest = grouped; rest != 0; rest &= rest - 1)
        {
            int i = BitOperations.TrailingZeroCount(rest);
            uint entry = Volatile.Read(ref *Below(entries, ref from, i, level));
            entries[i] = entry;
            deeper |= (PrefixTree.IsGroup(entry) ? 1UL : 0) << i;
            Prefetch.Read(_buckets + PrefixTree.BucketOrFirst(entry));
        }

        return deeper;
    }

    private uint* Below(uint* entries, ref IPv6Address from, int index, int level)
    {
        ref IPv6Address address = ref Unsafe.Add(ref from, index);
        return InGroup(entries[index], HalfOf(in address, 0), HalfOf(in address, 1), level);
    }
}
