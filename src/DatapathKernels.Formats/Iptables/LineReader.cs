namespace DatapathKernels.Formats.Iptables;

/// <summary>Cuts a stream into lines without making strings of them.</summary>
internal sealed class LineReader(Stream stream)
{
    private byte[] _buffer = new byte[1 << 16];
    private int _start, _end;
    private bool _ended;

    /// <summary>The next line without its line feed; false at the end. The span lives until the next call.</summary>
    /// <param name="line">The line.</param>
    /// <param name="terminated">False for a last line without a line feed.</param>
    public bool TryRead(out ReadOnlySpan<byte> line, out bool terminated)
    {
        int searched = 0;
        while (true)
        {
            int at = _buffer.AsSpan(_start + searched, _end - _start - searched).IndexOf((byte)'\n');
            terminated = at >= 0;
            if (terminated || _ended)
            {
                int length = terminated ? searched + at : _end - _start;
                line = _buffer.AsSpan(_start, length);
                _start += terminated ? length + 1 : length;
                return terminated || length > 0;
            }

            searched = _end - _start;
            Fill();
        }
    }

    private void Fill()
    {
        if (_start > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            (_start, _end) = (0, _end - _start);
        }

        if (_end == _buffer.Length)
            Array.Resize(ref _buffer, _buffer.Length * 2);
        int read = stream.Read(_buffer, _end, _buffer.Length - _end);
        _end += read;
        _ended = read == 0;
    }
}
