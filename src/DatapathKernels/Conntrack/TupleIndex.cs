using System.Numerics;
using System.Runtime.CompilerServices;
using DatapathKernels.Memory;
using DatapathKernels.Simd;

namespace DatapathKernels.Conntrack;

/// <summary>
/// Where the tuples of a table's connections stand: a hash table of links (see <see cref="ConnectionStore"/>) in lines of the cache, eight to a line, beside their hashes.
/// No tuple is in it: whoever asks compares it with the connection's own, and two tuples in four thousand million have the same hash.
/// <code>
///  0                      32                     64
///  | hash 0 | ... | hash 7 | link 0 | ... | link 7 |      a hash of 0 is a free slot
/// </code>
/// </summary>
/// <remarks>
/// <para>
/// The lines are in the order of the hashes, as the kernel's buckets are: so a bucket's links stand in one or two neighbouring lines, and the index can say which they are.
/// </para>
/// <para>
/// A link stands in the first line from its own on that had a free slot. How many went past a line is counted in the upper four bits of its links, by the lower three bits of their hashes: a
/// search goes on only where some went past that count with it, which hardly one in fifty does. Fifteen stands for all that is more, and stays.
/// </para>
/// </remarks>
internal sealed unsafe partial class TupleIndex : IDisposable
{
    public const int End = ConnectionStore.End, SlotsPerLine = 8;

    private const int LinkBits = 28, LinkMask = (1 << LinkBits) - 1, MostPassed = 15;

    // Of a full table two thirds of the slots are taken, and some link went past one line in ten; 24 bytes a connection.
    private const int SlotsTaken = 2, SlotsGiven = 3;

    private readonly NativeBuffer _buffer;
    private readonly Line* _line;
    private readonly uint _lines;

    /// <summary>Makes an empty index.</summary>
    /// <param name="links">The most links.</param>
    /// <param name="buckets">The kernel's buckets, by which some questions are asked.</param>
    public TupleIndex(int links, uint buckets)
    {
        Buckets = buckets;
        _lines = (uint)((((long)links * SlotsGiven / SlotsTaken) + SlotsPerLine - 1) / SlotsPerLine) + 1;
        _buffer = new NativeBuffer(_lines * (nuint)sizeof(Line));
        _line = (Line*)_buffer.Pointer;
    }

    public long MemoryBytes => (long)_buffer.Length;

    /// <summary>A hash as the index takes it: none is 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Nonzero(uint hash) => Math.Max(hash, 1);

    // SAFE: hashes are scaled below the number of lines, and neighbours wrap
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Prefetch(uint hash) => Simd.Prefetch.Read(_line + HomeOf(hash));

    /// <summary>The line in which a hash stands, for <see cref="FirstIn"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void* LineOf(uint hash) => _line + HomeOf(hash);

    /// <summary>The first link of a hash, which most often is the one looked for; <see cref="End"/> when there is none.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int First(uint hash) => FirstIn(LineOf(hash), hash);

    /// <summary>The same, by the line that <see cref="LineOf"/> named.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int FirstIn(void* home, uint hash)
    {
        Line* line = (Line*)home;
        uint matches = Matches(line, hash);
        return matches != 0 ? LinkOf(line, BitOperations.TrailingZeroCount(matches)) : FirstBehind(line, hash);
    }

    /// <summary>All links that have this hash, one after the other.</summary>
    public TupleSearch Search(uint hash) => new(this, hash);

    /// <summary>Puts a link in.</summary>
    public void Insert(uint hash, int link)
    {
        uint at = HomeOf(hash);
        uint free;
        while ((free = Matches(_line + at, 0)) == 0)
        {
            _line[at].CountPassed(hash, 1);
            at = Behind(at);
        }

        int slot = BitOperations.TrailingZeroCount(free);
        _line[at].Hashes[slot] = hash;
        _line[at].Links[slot] = (_line[at].Links[slot] & ~LinkMask) | link;
    }

    /// <summary>Takes a link out, if it is in.</summary>
    public void Remove(uint hash, int link)
    {
        uint home = HomeOf(hash), at = home;
        do
        {
            Line* line = _line + at;
            for (uint matches = Matches(line, hash); matches != 0; matches &= matches - 1)
            {
                int slot = BitOperations.TrailingZeroCount(matches);
                if (LinkOf(line, slot) != link)
                    continue;
                line->Hashes[slot] = 0;
                for (; home != at; home = Behind(home))
                    _line[home].CountPassed(hash, -1);
                return;
            }

            at = line->Passed(hash) != 0 ? Behind(at) : home;
        }
        while (at != home);
    }

    public void Dispose() => _buffer.Dispose();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private uint HomeOf(uint hash) => (uint)(((ulong)hash * _lines) >> 32);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private int FirstBehind(Line* line, uint hash) => line->Passed(hash) != 0 ? Search(hash).Next() : End;

    private uint Behind(uint line) => line + 1 < _lines ? line + 1 : 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int LinkOf(Line* line, int slot) => line->Links[slot] & LinkMask;

    private struct Line
    {
        public fixed uint Hashes[SlotsPerLine];
        public fixed int Links[SlotsPerLine];

        /// <summary>How many links that are counted with this hash stand behind the line and would stand in it.</summary>
        public readonly uint Passed(uint hash) => (uint)Links[hash % SlotsPerLine] >> LinkBits;

        public void CountPassed(uint hash, int change)
        {
            if (Passed(hash) < MostPassed)
                Links[hash % SlotsPerLine] += change << LinkBits;
        }
    }
}
