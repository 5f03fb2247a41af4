using System.Buffers.Binary;

namespace DatapathKernels.Formats.Captures;

/// <summary>
/// A sliding view of a forward-only stream: <see cref="TryFill"/> makes the next bytes contiguous, <see cref="Advance"/>
/// moves past them. Whoever fills has checked the length against a limit; the window only ever holds what was asked for.
/// </summary>
internal sealed class CaptureWindow(Stream stream, string name) : IDisposable
{
    private const int InitialBytes = 65_536;

    private byte[] _buffer = new byte[InitialBytes];
    private int _start;
    private int _end;
    private bool _isAtEnd;
    private string? _damage;

    /// <summary>What errors call the file.</summary>
    public string Name => name;

    /// <summary>The file offset of the first byte in the window.</summary>
    public long Offset { get; private set; }

    /// <summary>True when the gzip layer could not go on, so the end is not the end of the capture.</summary>
    public bool IsDamaged => _damage is not null;

    /// <summary>Bytes at hand without reading.</summary>
    public int Available => _end - _start;

    /// <summary>Makes <paramref name="count"/> bytes available; false when the stream ends before that.</summary>
    public bool TryFill(int count)
    {
        if (Available >= count)
            return true;
        MakeRoom(count);
        while (Available < count && !_isAtEnd)
            ReadMore();
        return Available >= count;
    }

    /// <summary>The next <paramref name="count"/> bytes, which a fill has made available.</summary>
    public ReadOnlySpan<byte> Peek(int count) => _buffer.AsSpan(_start, count);

    /// <summary>The unsigned 32-bit number <paramref name="at"/> bytes ahead, which a fill has made available.</summary>
    public uint PeekUInt32(int at, bool isBigEndian)
    {
        ReadOnlySpan<byte> bytes = _buffer.AsSpan(_start + at, sizeof(uint));
        return isBigEndian ? BinaryPrimitives.ReadUInt32BigEndian(bytes) : BinaryPrimitives.ReadUInt32LittleEndian(bytes);
    }

    /// <summary>The unsigned 16-bit number <paramref name="at"/> bytes ahead, which a fill has made available.</summary>
    public ushort PeekUInt16(int at, bool isBigEndian)
    {
        ReadOnlySpan<byte> bytes = _buffer.AsSpan(_start + at, sizeof(ushort));
        return isBigEndian ? BinaryPrimitives.ReadUInt16BigEndian(bytes) : BinaryPrimitives.ReadUInt16LittleEndian(bytes);
    }

    /// <summary>Moves past bytes that are available. The bytes stay valid until the next fill.</summary>
    public void Advance(int count)
    {
        _start += count;
        Offset += count;
    }

    /// <summary>Moves past bytes that need not be available, holding none of them; false when the stream ends before that.</summary>
    public bool TrySkip(long count)
    {
        while (count > Available)
        {
            count -= Available;
            Advance(Available);
            if (!TryFill(1))
                return false;
        }
        Advance((int)count);
        return true;
    }

    /// <summary>Says that the record at <paramref name="recordOffset"/> is incomplete. The stream is at its end.</summary>
    public CaptureTruncation Cut(long recordOffset, string what, long neededBytes)
    {
        long end = Offset + Available;
        return new CaptureTruncation(recordOffset, end,
            $"{name}: {_damage ?? "cut off"} at byte {end}: expected {what} of {neededBytes} bytes from byte {recordOffset} on, found {end - recordOffset}");
    }

    public void Dispose() => stream.Dispose();

    private void MakeRoom(int count)
    {
        if (_start + count <= _buffer.Length)
            return;
        byte[] target = count <= _buffer.Length ? _buffer : new byte[checked((int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)count))];
        _buffer.AsSpan(_start, Available).CopyTo(target);
        _end -= _start;
        _start = 0;
        _buffer = target;
    }

    private void ReadMore()
    {
        try
        {
            int read = stream.Read(_buffer.AsSpan(_end));
            _end += read;
            _isAtEnd = read == 0;
        }
        catch (InvalidDataException)
        {
            // Only the gzip layer throws this. What follows cannot be unpacked, so this is where the capture ends.
            _isAtEnd = true;
            _damage = "the gzip stream is cut off or damaged";
        }
    }
}
