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
        if (_lines * LineBytes > _gathered.Length)
            Array.Resize(ref _gathered, Math.Max(2 * _gathered.Length, _lines * LineBytes));
        record.CopyTo(_gathered.AsSpan(first * LineBytes));
        return (uint)first;
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

    private static int LinesOf(int bytes) => (bytes + LineBytes - 1) / LineBytes;
}
