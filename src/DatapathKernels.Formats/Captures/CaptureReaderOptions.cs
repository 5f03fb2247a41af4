namespace DatapathKernels.Formats.Captures;

/// <summary>The limits a reader holds a file to.</summary>
public readonly record struct CaptureReaderOptions
{
    /// <summary>libpcap's and Wireshark's limit for a frame, 256 KiB.</summary>
    public const int DefaultMaxFrameBytes = 262_144;

    private readonly int _maxFrameBytes;

    /// <summary>
    /// The longest frame accepted, bytes; a record that claims more is an error, raised before any room is made for it.
    /// The reader's buffer is at most twice this and 64 KiB for a block's options.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">Not between 1 and 256 MiB.</exception>
    public int MaxFrameBytes
    {
        get => _maxFrameBytes == 0 ? DefaultMaxFrameBytes : _maxFrameBytes;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, 1 << 28);
            _maxFrameBytes = value;
        }
    }
}
