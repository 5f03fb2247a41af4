using DatapathKernels.Memory;

namespace DatapathKernels.Filtering;

/// <summary>
/// The memory of <see cref="Shortcut"/>s, whole cache lines each. Records are gathered first, then laid out once, with room for
/// those that updates bring. Line 0 is none.
/// </summary>
internal sealed unsafe class ShortcutRecords : IDisposable
{
    public const int LineBytes = NativeBuffer.CacheLine;

    // Updates may replace the largest dispatch chain, and hold old and new records for a moment.
    private const int LeastSpareLines = 256;

    private byte[] _gathered = new byte[LineBytes];
    private int _lines = 1;
    private NativeBuffer? _memory;
    private RangePool? _room;

    /// <summary>Bytes of native memory.</summary>
    public long Bytes => (long)(_memory?.Length ?? 0);

    /// <summary>Line 0. Not before <see cref="Seal"/>.</summary>
    public byte* Pointer => _memory!.Pointer;

    /// <summary>Keeps a record; returns its line, 0 when it is empty or there is no room.</summary>
    public uint Add(ReadOnlySpan<byte> record)
    {
        if (record.IsEmpty)
            return 0;
        int lines = LinesOf(record.Length);
        if (_room is not null)
        {
            if (!_room.TryTake(lines, out int line))
                return 0;
            record.CopyTo(new Span<byte>(Pointer + ((nint)line * LineBytes), lines * LineBytes));
            return (uint)line;
        }

        int first = _lines;
        _lines += lines;
        Grow();
        record.CopyTo(_gathered.AsSpan(first * LineBytes));
        return (uint)first;
    }

    /// <summary>
    /// Sets lines aside that records are put in by <see cref="Put"/>; returns the first, or 0, and none are, once <see cref="Seal"/> was called.
    /// </summary>
    public int Reserve(int lines)
    {
        if (_room is not null)
            return 0;
        int first = _lines;
        _lines += lines;
        Grow();
        return first;
    }

    /// <summary>Keeps a record where it is told to, in lines set aside; returns its line.</summary>
    public uint Put(int line, ReadOnlySpan<byte> record)
    {
        record.CopyTo(_gathered.AsSpan(line * LineBytes));
        return (uint)line;
    }

    /// <summary>Lays out what was gathered.</summary>
    public void Seal()
    {
        int spare = _lines > 1 ? LeastSpareLines + _lines + (_lines / 8) : 1;
        _memory = new NativeBuffer((nuint)(_lines + spare) * LineBytes);
        _gathered.AsSpan(0, _lines * LineBytes).CopyTo(new Span<byte>(Pointer, _lines * LineBytes));
        _room = new RangePool(_lines, spare);
        _gathered = [];
    }

    /// <summary>Gives a record's room back; no walk may be there.</summary>
    public void Give(uint line) => _room!.Give((int)line, LinesOf(Shortcut.BytesOf(At(line)->Draws)));

    /// <summary>The record that begins at a line.</summary>
    public Shortcut* At(uint line) => (Shortcut*)(Pointer + ((nint)line * LineBytes));

    public void Dispose() => _memory?.Dispose();

    private void Grow()
    {
        if (_lines * LineBytes > _gathered.Length)
            Array.Resize(ref _gathered, Math.Max(2 * _gathered.Length, _lines * LineBytes));
    }

    private static int LinesOf(int bytes) => (bytes + LineBytes - 1) / LineBytes;
}
