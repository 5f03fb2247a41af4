using System.Numerics;
using System.Runtime.CompilerServices;
using DatapathKernels.Hashing;
using DatapathKernels.Packets;
using DatapathKernels.Simd;

namespace DatapathKernels.Conntrack;

/// <content>The passes of a burst before its packets are followed. Each asks for the lines that the next reads as soon as it knows them.</content>
public sealed unsafe partial class ConntrackTable
{
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void FindAhead(ReadOnlySpan<FlowKeyV6> keys, BurstLookup* look, bool translates)
    {
        look->Compact(keys);
        ulong wide = ~look->V4 & (keys.Length == PacketBurst.MaxCount ? ulong.MaxValue : (1UL << keys.Length) - 1);
        HashAll(keys, look, wide);
        ulong fresh = FindAll(look, keys.Length);
        if (wide != 0)
            PrefetchReplies(look, translates ? wide : 0, wide);
        if (fresh != 0)
            PrepareNew(keys, new ReadOnlySpan<uint>(look->Hashes, keys.Length), fresh);
    }

    /// <summary>Hashes all, and asks for their lines of the index.</summary>
    private void HashAll(ReadOnlySpan<FlowKeyV6> keys, BurstLookup* look, ulong wide)
    {
        TupleIndex index = _index;
        FlowHash.Compute<NativeIsa>(new ReadOnlySpan<ulong>(look->Keys, 2 * keys.Length), new Span<ulong>(look->Lines, keys.Length), in _secret);
        for (int i = 0; i < keys.Length; i++)
            Ask(index, look, i, TupleIndex.Nonzero((uint)(look->Lines[i] >> 32)));
        if (_options.UsesKernelHash)
            wide = keys.Length == PacketBurst.MaxCount ? ulong.MaxValue : (1UL << keys.Length) - 1;
        for (; wide != 0; wide &= wide - 1)
        {
            int i = BitOperations.TrailingZeroCount(wide);
            Ask(index, look, i, HashOfAny(keys[i]));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Ask(TupleIndex index, BurstLookup* look, int place, uint hash)
    {
        void* line = index.LineOf(hash);
        Prefetch.Read(line);
        (look->Hashes[place], look->Lines[place]) = (hash, (ulong)line);
    }

    /// <summary>Finds the link of each hash, and asks for the connection's record.</summary>
    /// <returns>The keys whose hash has none, a bit each.</returns>
    private ulong FindAll(BurstLookup* look, int count)
    {
        ulong fresh = 0;
        TupleIndex index = _index;
        byte* records = (byte*)_store.Records;
        for (int i = 0; i < count; i++)
        {
            int link = index.FirstIn((void*)look->Lines[i], look->Hashes[i]);
            look->Links[i] = link;
            fresh |= (ulong)((uint)link >> 31) << i;
            // Where there is none the first record is asked for: cheaper than a branch that depends on the traffic.
            byte* record = records + ((nint)(Math.Max(link, 0) >> 1) * Connection.Bytes);
            Prefetch.Read(record);
            Prefetch.Read(record + Connection.StateOffset);
        }

        return fresh;
    }

    /// <summary>For packets of IPv6: what stands beside the record of connections whose answers are looked at, or all.</summary>
    private void PrefetchReplies(BurstLookup* look, ulong translated, ulong wide)
    {
        for (; wide != 0; wide &= wide - 1)
        {
            int i = BitOperations.TrailingZeroCount(wide);
            if (look->Links[i] >= 0 && ((translated >> i) | (uint)look->Links[i]) % 2 != 0)
                _store.PrefetchReply(look->Links[i] >> 1);
        }
    }
}
