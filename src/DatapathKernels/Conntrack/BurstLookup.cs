using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using DatapathKernels.Memory;
using DatapathKernels.Packets;

namespace DatapathKernels.Conntrack;

/// <summary>What the passes of a burst leave for one another, a column each, so that vectors read and write them.</summary>
internal unsafe struct BurstLookup
{
    private const int WordsOfKey = 2;

    /// <summary>The packets' keys in the 16 bytes of <see cref="FlowKeyV4"/>; of one that is not IPv4's, what stands in the same places.</summary>
    public fixed ulong Keys[WordsOfKey * PacketBurst.MaxCount];

    /// <summary>Their hashes as they are worked out, then the addresses of the lines of the index.</summary>
    public fixed ulong Lines[PacketBurst.MaxCount];

    /// <summary>Their hashes as the index takes them.</summary>
    public fixed uint Hashes[PacketBurst.MaxCount];

    /// <summary>The links that the index names.</summary>
    public fixed int Links[PacketBurst.MaxCount];

    /// <summary>A bit for each key of two IPv4 addresses.</summary>
    public ulong V4;

    /// <summary>The first packet from which eight are tried together: not within eight that were.</summary>
    public int NextGroup;

    /// <summary>Bytes from which <see cref="Align"/> can make one.</summary>
    public static int BytesToAlign => sizeof(BurstLookup) + NativeBuffer.CacheLine - 1;

    /// <summary>
    /// In memory on the stack, from the beginning of a cache line on: what a vector stored across two lines cannot be loaded again before it is in the
    /// cache.
    /// </summary>
    public static BurstLookup* Align(byte* memory) => (BurstLookup*)((nuint)(memory + NativeBuffer.CacheLine - 1) & ~(nuint)(NativeBuffer.CacheLine - 1));

    /// <summary>Takes the keys in.</summary>
    public void Compact(ReadOnlySpan<FlowKeyV6> keys)
    {
        ulong v4 = 0;
        fixed (ulong* words = Keys)
        {
            // SAFE: a burst has at most as many keys as a column has places
            for (int i = 0; i < keys.Length; i++)
            {
                ref readonly FlowKeyV6 key = ref keys[i];
                ConnectionKeys.Narrow(key).Store((uint*)(words + (WordsOfKey * i)));
                v4 |= (ConnectionKeys.IsV4(key) ? 1UL : 0) << i;
            }
        }

        (V4, NextGroup) = (v4, 0);
    }
}
