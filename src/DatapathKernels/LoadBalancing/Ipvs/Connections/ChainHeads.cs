using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using DatapathKernels.Memory;

namespace DatapathKernels.LoadBalancing;

/// <summary>
/// Where the chains of connections begin, by the hash of what a chain's connections have in common: ten heads to a line of the cache, each known by 16 bits of its hash.
/// <code>
///  0                   20       24                      64
///  | tag 0 | ... tag 9 | passed | head 0 | ... head 9 |      a tag of 0 is a free slot
/// </code>
/// </summary>
/// <remarks>
/// A head stands in the first line from its home on that had a free slot; how many went past a line because it was full is counted there, and a search goes on where some did. When as
/// many chains are there as it was made for, seven of ten slots are taken and one line in ten was passed.
/// </remarks>
internal sealed unsafe class ChainHeads : IDisposable
{
    /// <summary>Heads that one line has room for.</summary>
    public const int SlotsPerLine = 10;

    private const int MeanHeads = 7;
    private const uint AllSlots = (1u << SlotsPerLine) - 1;

    private readonly NativeBuffer _memory;
    private readonly Line* _line;
    private readonly ulong _lines;

    /// <summary>Makes an empty table.</summary>
    /// <param name="chains">The most chains.</param>
    public ChainHeads(int chains)
    {
        _lines = ((ulong)chains + MeanHeads - 1) / MeanHeads;
        _memory = new NativeBuffer((nuint)_lines * (nuint)sizeof(Line));
        _line = (Line*)_memory.Pointer;
    }

    public long MemoryBytes => (long)_memory.Length;

    /// <summary>How many lines there are.</summary>
    public int Lines => (int)_lines;

    /// <summary>The line in which a hash is looked for first.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int HomeOf(ulong hash) => (int)(Bmi2.X64.IsSupported ? Bmi2.X64.MultiplyNoFlags(hash, _lines) : Math.BigMul(hash, _lines, out _));

    // SAFE (this and all that follows): lines are below Lines, slots below SlotsPerLine
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Prefetch(int line) => Simd.Prefetch.Read(_line + line);

    /// <summary>The head of the first chain in a line that may have this hash; <see cref="IpvsConnection.None"/> for none in this line.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int FirstIn(int line, ulong hash)
    {
        uint matches = Matches(_line + line, TagOf(hash));
        return matches != 0 ? _line[line].Heads[BitOperations.TrailingZeroCount(matches)] : IpvsConnection.None;
    }

    /// <summary>True when heads of this home stand in later lines.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool IsPassed(int line) => _line[line].Passed != 0;

    /// <summary>The head in a slot of a line; <see cref="IpvsConnection.None"/> where the slot is free.</summary>
    public int HeadAt(int line, int slot) => _line[line].Tags[slot] != 0 ? _line[line].Heads[slot] : IpvsConnection.None;

    /// <summary>All chains that may have this hash.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public HeadSearch Search(ulong hash) => new(this, hash);

    /// <summary>Begins a chain. There must be room: fewer chains than the table was made for.</summary>
    public void Add(ulong hash, int head)
    {
        int at = HomeOf(hash);
        uint free;
        while ((free = Matches(_line + at, 0)) == 0)
        {
            _line[at].Passed++;
            at = After(at);
        }

        int slot = BitOperations.TrailingZeroCount(free);
        _line[at].Tags[slot] = TagOf(hash);
        _line[at].Heads[slot] = head;
    }

    /// <summary>Gives a chain another head.</summary>
    public void Replace(ulong hash, int head, int with) => *SlotOf(hash, head, out _) = with;

    /// <summary>Takes a chain out.</summary>
    public void Remove(ulong hash, int head)
    {
        int* slot = SlotOf(hash, head, out int line);
        _line[line].Tags[slot - _line[line].Heads] = 0;
        for (int passed = HomeOf(hash); passed != line; passed = After(passed))
            _line[passed].Passed--;
    }

    public void Dispose() => _memory.Dispose();

    /// <summary>Where a head stands that is there.</summary>
    private int* SlotOf(ulong hash, int head, out int line)
    {
        for (line = HomeOf(hash); ; line = After(line))
        {
            for (uint matches = Matches(_line + line, TagOf(hash)); matches != 0; matches &= matches - 1)
            {
                int* slot = _line[line].Heads + BitOperations.TrailingZeroCount(matches);
                if (*slot == head)
                    return slot;
            }
        }
    }

    private int After(int line) => line + 1 == Lines ? 0 : line + 1;

    /// <summary>Not zero, which is a free slot.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ushort TagOf(ulong hash) => (ushort)(hash | 1);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Matches(Line* line, ushort tag)
    {
        if (Vector128.IsHardwareAccelerated)
            return Vector256.Equals(Vector256.Load(line->Tags), Vector256.Create(tag)).ExtractMostSignificantBits() & AllSlots;
        uint matches = 0;
        for (int i = 0; i < SlotsPerLine; i++)
            matches |= line->Tags[i] == tag ? 1u << i : 0;
        return matches;
    }

    private struct Line
    {
        public fixed ushort Tags[SlotsPerLine];
        public int Passed;
        public fixed int Heads[SlotsPerLine];
    }

    /// <summary>See <see cref="Search"/>.</summary>
    public ref struct HeadSearch(ChainHeads heads, ulong hash)
    {
        private readonly int _home = heads.HomeOf(hash);
        private int _at = heads.HomeOf(hash);
        private uint _matches = Matches(heads._line + heads.HomeOf(hash), TagOf(hash));

        /// <summary>The next head; <see cref="IpvsConnection.None"/> after the last.</summary>
        public int Next()
        {
            while (_matches == 0)
            {
                int after = heads.After(_at);
                if (!heads.IsPassed(_at) || after == _home)
                    return IpvsConnection.None;
                _at = after;
                _matches = Matches(heads._line + after, TagOf(hash));
            }

            int slot = BitOperations.TrailingZeroCount(_matches);
            _matches &= _matches - 1;
            return heads._line[_at].Heads[slot];
        }
    }
}
