namespace DatapathKernels.Formats.Captures;

/// <summary>
/// Reads pcap and pcapng files record by record, forward only, without loading the file: memory is one buffer, whatever
/// the file claims, and reading a record allocates nothing. The content tells the format, not the file's name; a file
/// packed with gzip is unpacked on the way.
/// <para>pcap: the magics a1b2c3d4 (microseconds), a1b23c4d (nanoseconds) and Kuznetzov's a1b2cd34 (a longer record header
/// whose extra fields are skipped), in both byte orders; versions 2.0 to 2.4. 2.5 and above are refused as libpcap does:
/// nobody has said what they hold.</para>
/// <para>pcapng: version 1.0 and 1.2, both byte orders, any number of sections and interfaces; enhanced, simple and
/// obsolete packet blocks. Every other block is skipped.</para>
/// </summary>
/// <example>
/// <code>
/// using var reader = CaptureReader.Open("traffic.pcap");
/// while (reader.TryReadNext(out CaptureRecord record))
///     Handle(record.Frame, record.LinkType);
/// if (reader.Truncation is { } cut)
///     Console.Error.WriteLine(cut);
/// </code>
/// </example>
public sealed class CaptureReader : IDisposable
{
    private readonly CaptureWindow _window;
    private readonly CaptureDecoder _decoder;

    private CaptureReader(CaptureWindow window, CaptureDecoder decoder, bool isCompressed)
    {
        _window = window;
        _decoder = decoder;
        IsCompressed = isCompressed;
    }

    /// <summary>The format the content showed.</summary>
    public CaptureFormat Format => _decoder.Format;

    /// <summary>True when the file is packed with gzip. All offsets count unpacked bytes.</summary>
    public bool IsCompressed { get; }

    /// <summary>The interfaces described so far in the current section. Another pcapng section starts anew.</summary>
    public IReadOnlyList<CaptureInterface> Interfaces => _decoder.Interfaces;

    /// <summary>Where the file was cut off, once <see cref="TryReadNext"/> has returned false; null when it ended as it should.</summary>
    public CaptureTruncation? Truncation => _decoder.Truncation;

    /// <summary>Opens a file.</summary>
    /// <exception cref="CaptureFormatException">The file is no capture, or ends within its header.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static CaptureReader Open(string path, CaptureReaderOptions options = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        // The window buffers already; the stream's own buffer would copy every byte twice.
        return Open(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0, FileOptions.SequentialScan), path, options);
    }

    /// <summary>Opens a stream, which need not be seekable. The reader owns it from here on, also when opening fails.</summary>
    /// <param name="stream">The capture, from its first byte.</param>
    /// <param name="name">What errors call it.</param>
    /// <param name="options">Limits.</param>
    /// <exception cref="CaptureFormatException">The content is no capture, or ends within its header.</exception>
    public static CaptureReader Open(Stream stream, string name = "(stream)", CaptureReaderOptions options = default)
    {
        ArgumentNullException.ThrowIfNull(stream);
        Stream source = stream;
        try
        {
            source = Unpacked(stream);
            var window = new CaptureWindow(source, name);
            return new CaptureReader(window, CaptureDecoder.Sniff(window, options.MaxFrameBytes), source is UnpackedStream);
        }
        catch
        {
            source.Dispose();
            throw;
        }
    }

    /// <summary>Reads the next frame. The previous record's bytes are gone after the call.</summary>
    /// <returns>False at the end of the file, and at the cut of a truncated one (see <see cref="Truncation"/>).</returns>
    /// <exception cref="CaptureFormatException">The bytes contradict the format; reading cannot go on.</exception>
    public bool TryReadNext(out CaptureRecord record) => _decoder.TryReadNext(out record);

    /// <summary>Closes the stream.</summary>
    public void Dispose() => _window.Dispose();

    /// <summary>The stream itself, or its gzip content. Two bytes decide (RFC 1952): no capture magic starts with them.</summary>
    private static Stream Unpacked(Stream stream)
    {
        byte[] start = new byte[2];
        int length = stream.ReadAtLeast(start, 2, throwOnEndOfStream: false);
        var whole = new PrefixedStream(start.AsMemory(0, length), stream);
        return start is [0x1f, 0x8b] ? new UnpackedStream(whole) : whole;
    }
}
