namespace DatapathKernels.Formats.Captures;

/// <summary>Gives back the bytes that sniffing took from a stream, then the stream, then what was appended.</summary>
internal sealed class PrefixedStream(ReadOnlyMemory<byte> prefix, Stream rest) : ForwardStream
{
    private ReadOnlyMemory<byte> _prefix = prefix;
    private ReadOnlyMemory<byte> _suffix;

    /// <summary>Lets a stream that has ended go on with these bytes.</summary>
    public void Append(ReadOnlyMemory<byte> suffix) => _suffix = suffix;

    public override int Read(Span<byte> buffer)
    {
        if (!_prefix.IsEmpty)
            return Take(ref _prefix, buffer);
        int count = rest.Read(buffer);
        return count == 0 ? Take(ref _suffix, buffer) : count;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            rest.Dispose();
        base.Dispose(disposing);
    }

    private static int Take(ref ReadOnlyMemory<byte> source, Span<byte> buffer)
    {
        int count = Math.Min(buffer.Length, source.Length);
        source.Span[..count].CopyTo(buffer);
        source = source[count..];
        return count;
    }
}
