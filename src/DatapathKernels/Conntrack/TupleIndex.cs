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
/// The lines are in the order of the hashes, as the kernel's buckets are, so a bucket's links stand in one or two neighbouring lines, and the table knows which they are.
/// </para>
/// <para>
/// A link stands in the first line from its own on that had a free slot: so all lines between are full, and a search ends at the first that is not. Whatever
/// leaves a full line is replaced from behind, so that stays true without tombstones.
/// </para>
/// </remarks>
internal sealed unsafe partial class TupleIndex : IDisposable
{
    public const int End = ConnectionStore.End, SlotsPerLine = 8;

    // Of a full table two thirds of the slots are taken, and one line in six is full; 24 bytes a connection.
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

    /// <summary>The first link that has this hash; most often it is the one looked for.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int First(uint hash)
    {
        Line* line = _line + HomeOf(hash);
        uint matches = Matches(line, hash);
        return matches != 0 ? line->Links[TrailingZeros(matches)] : IsFull(line) ? Search(hash).Next() : End;
    }

    /// <summary>All links that have this hash, one after the other.</summary>
    public TupleSearch Search(uint hash) => new(this, hash);

    /// <summary>Puts a link in.</summary>
    public void Insert(uint hash, int link)
    {
        uint at = HomeOf(hash);
        uint free;
        while ((free = Matches(_line + at, 0)) == 0)
            at = Behind(at);
        int slot = TrailingZeros(free);
        (_line[at].Hashes[slot], _line[at].Links[slot]) = (hash, link);
    }

    /// <summary>Takes a link out, if it is in.</summary>
    public void Remove(uint hash, int link)
    {
        for (uint at = HomeOf(hash); ; at = Behind(at))
        {
            Line* line = _line + at;
            bool full = IsFull(line);
            for (uint matches = Matches(line, hash); matches != 0; matches &= matches - 1)
            {
                int slot = TrailingZeros(matches);
                if (line->Links[slot] != link)
                    continue;
                line->Hashes[slot] = 0;
                if (full)
                    Refill(at, slot);
                return;
            }

            if (!full)
                return;
        }
    }

    public void Dispose() => _buffer.Dispose();

    /// <summary>Fills a slot of a line that was full with a link that stands behind only because there was no room; and so on from where that stood.</summary>
    private void Refill(uint hole, int slot)
    {
        for (uint at = Behind(hole); ; at = Behind(at))
        {
            Line* line = _line + at;
            bool full = IsFull(line);
            for (int i = 0; i < SlotsPerLine; i++)
            {
                uint hash = line->Hashes[i];
                if (hash == 0 || Distance(HomeOf(hash), at) < Distance(hole, at))
                    continue;
                (_line[hole].Hashes[slot], _line[hole].Links[slot]) = (hash, line->Links[i]);
                line->Hashes[i] = 0;
                (hole, slot) = (at, i);
                break;
            }

            // Nothing went past a line that has room.
            if (!full)
                return;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private uint HomeOf(uint hash) => (uint)(((ulong)hash * _lines) >> 32);

    private uint Behind(uint line) => line + 1 < _lines ? line + 1 : 0;

    /// <summary>Lines from one to another, going up.</summary>
    private uint Distance(uint from, uint to) => to >= from ? to - from : to + _lines - from;

    private struct Line
    {
        public fixed uint Hashes[SlotsPerLine];
        public fixed int Links[SlotsPerLine];
    }
}
