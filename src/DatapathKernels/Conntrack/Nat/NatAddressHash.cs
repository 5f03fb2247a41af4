using System.Buffers.Binary;
using DatapathKernels.Hashing;

namespace DatapathKernels.Conntrack;

/// <summary>
/// Which of several addresses a translation gives a packet, by a hash of the packet's own (<c>find_best_ips_proto</c>): a client keeps its address towards one destination, and with
/// <c>--persistent</c> towards all. Word by word: the first that is below the range's end frees those behind it.
/// </summary>
internal static class NatAddressHash
{
    /// <summary>The address, a number as the packet's own and the range's are.</summary>
    /// <param name="first">The range's first.</param>
    /// <param name="last">Its last.</param>
    /// <param name="source">The packet's source.</param>
    /// <param name="destination">Its destination.</param>
    /// <param name="ipv6">Its family.</param>
    /// <param name="zone">Its zone.</param>
    /// <param name="isSource">True when the source is translated.</param>
    /// <param name="persistent">True when the destination does not matter.</param>
    public static UInt128 Choose(UInt128 first, UInt128 last, UInt128 source, UInt128 destination, bool ipv6, ushort zone, bool isSource, bool persistent)
    {
        int words = ipv6 ? 4 : 1;
        Span<uint> key = stackalloc uint[4];
        key.Clear();
        for (int i = 0; i < words; i++)
            key[i] = Raw(source, words, i);
        uint hash = JenkinsHash.Words(key, persistent ? 0 : Raw(destination, words, words - 1) ^ zone);
        bool isFree = false;
        UInt128 chosen = 0;
        for (int i = 0; i < words; i++)
        {
            (uint low, uint high) = (Word(first, words, i), Word(last, words, i));
            uint word = isFree ? ReciprocalScale.Scale(hash, uint.MaxValue) : low + ReciprocalScale.Scale(hash, high - low + 1);
            isFree |= word != high;
            chosen = (chosen << 32) | word;
            // Where destinations are chosen, the kernel mixes in what it has just written over the packet's own.
            hash ^= persistent ? 0 : isSource ? Raw(destination, words, i) : BinaryPrimitives.ReverseEndianness(word);
        }

        return chosen;
    }

    /// <summary>A word of an address, the first one highest.</summary>
    private static uint Word(UInt128 address, int words, int index) => (uint)(address >> (32 * (words - 1 - index)));

    /// <summary>The same as the kernel reads it from memory, on a little-endian machine.</summary>
    private static uint Raw(UInt128 address, int words, int index) => BinaryPrimitives.ReverseEndianness(Word(address, words, index));
}
