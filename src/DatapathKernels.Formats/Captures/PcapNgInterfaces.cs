using System.Collections;
using System.Buffers.Binary;
using DatapathKernels.Packets;

namespace DatapathKernels.Formats.Captures;

/// <summary>
/// The interfaces of one pcapng section, read from their description blocks:
/// <code>
/// header 8 | link type 2 | reserved 2 | snap length 4 | options | total length 4
/// option: code 2 | length 2 | value, padded to 4
/// </code>
/// </summary>
internal sealed class PcapNgInterfaces : IReadOnlyList<CaptureInterface>
{
    /// <summary>The shortest description block.</summary>
    public const int BlockBytes = 20;

    /// <summary>So that a hostile file of nothing but descriptions cannot fill the memory.</summary>
    public const int Limit = 65_536;

    private const int OptionsOffset = 16;
    private const int TrailerBytes = 4;
    private const ushort EndOfOptions = 0;
    private const ushort TimestampResolution = 9;
    private const ushort TimestampOffset = 14;

    private readonly List<CaptureInterface> _interfaces = [];

    public int Count => _interfaces.Count;

    public CaptureInterface this[int index] => _interfaces[index];

    public void Clear() => _interfaces.Clear();

    /// <summary>Adds the interface of a block that is wholly in the window.</summary>
    public void Add(CaptureWindow window, int totalLength, bool isBigEndian, long offset)
    {
        var linkType = (LinkType)window.PeekUInt16(8, isBigEndian);
        uint snapLength = window.PeekUInt32(12, isBigEndian);
        CaptureClock clock = ReadClock(window, totalLength - TrailerBytes, isBigEndian, offset);
        _interfaces.Add(new CaptureInterface(linkType, snapLength, clock));
    }

    public IEnumerator<CaptureInterface> GetEnumerator() => _interfaces.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private static CaptureClock ReadClock(CaptureWindow window, int end, bool isBigEndian, long offset)
    {
        byte resolution = CaptureClock.Microseconds.Resolution;
        long offsetSeconds = 0;
        int at = OptionsOffset;
        while (at + 4 <= end)
        {
            ushort code = window.PeekUInt16(at, isBigEndian);
            int length = window.PeekUInt16(at + 2, isBigEndian);
            if (code == EndOfOptions)
                break;
            if (length > end - at - 4)
                throw new CaptureFormatException(window.Name, offset + at + 2, $"an option of at most {end - at - 4} bytes", $"{length}");
            ReadOnlySpan<byte> value = window.Peek(at + 4 + length)[(at + 4)..];
            if (code == TimestampResolution)
                resolution = Sized(value, 1, window, offset + at)[0];
            else if (code == TimestampOffset)
                offsetSeconds = ReadInt64(Sized(value, sizeof(long), window, offset + at), isBigEndian);
            at += 4 + ((length + 3) & ~3);
        }
        return new CaptureClock(resolution, offsetSeconds);
    }

    private static ReadOnlySpan<byte> Sized(ReadOnlySpan<byte> value, int bytes, CaptureWindow window, long offset) =>
        value.Length == bytes
            ? value
            : throw new CaptureFormatException(window.Name, offset + 2, $"an option of {bytes} bytes", $"{value.Length}");

    private static long ReadInt64(ReadOnlySpan<byte> value, bool isBigEndian) =>
        isBigEndian ? BinaryPrimitives.ReadInt64BigEndian(value) : BinaryPrimitives.ReadInt64LittleEndian(value);
}
