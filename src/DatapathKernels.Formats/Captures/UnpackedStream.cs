using System.IO.Compression;

namespace DatapathKernels.Formats.Captures;

/// <summary>
/// The content of a gzip stream (RFC 1952, several members allowed) that tells a complete stream from one that was cut.
/// <para>
/// <see cref="GZipStream"/> ends a cut stream as quietly as a complete one. So when it ends, one more small member is
/// appended to the packed bytes: only at the end of a member does it unpack to its known content; in the middle of one it
/// is taken for damaged data.
/// </para>
/// </summary>
internal sealed class UnpackedStream : ForwardStream
{
    private static readonly byte[] ProbeContent = "end of the capture"u8.ToArray();
    private static readonly byte[] Probe = Pack(ProbeContent);

    private readonly PrefixedStream _packed;
    private readonly GZipStream _content;
    private bool _isAtEnd;

    public UnpackedStream(PrefixedStream packed)
    {
        _packed = packed;
        _content = new GZipStream(packed, CompressionMode.Decompress);
    }

    /// <summary>Reads on; after the last byte, 0 if the stream was complete.</summary>
    /// <exception cref="InvalidDataException">The packed bytes are cut off or damaged here.</exception>
    public override int Read(Span<byte> buffer)
    {
        if (_isAtEnd)
            return 0;
        int count = _content.Read(buffer);
        if (count > 0)
            return count;
        _isAtEnd = true;
        _packed.Append(Probe);
        Span<byte> probed = stackalloc byte[ProbeContent.Length + 1];
        int length = _content.ReadAtLeast(probed, probed.Length, throwOnEndOfStream: false);
        return probed[..length].SequenceEqual(ProbeContent) ? 0 : throw new InvalidDataException();
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _content.Dispose();
        base.Dispose(disposing);
    }

    private static byte[] Pack(byte[] content)
    {
        var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest))
            gzip.Write(content);
        return packed.ToArray();
    }
}
