using System.Buffers;
using System.Buffers.Binary;
using System.IO.Compression;
using DatapathKernels.Bench.Cli;

namespace DatapathKernels.Bench.Input;

/// <summary>A file that the user named.</summary>
internal static class InputFile
{
    private static readonly SearchValues<byte> s_notText = SearchValues.Create([.. Enumerable.Range(0, 32).Where(c => c is not ('\t' or '\n' or '\r' or '\f')).Select(c => (byte)c)]);

    /// <summary>Makes sure that the file is there and can be read; null is no file.</summary>
    /// <exception cref="BadInputException">It is not.</exception>
    public static void Require(string? path, string expected)
    {
        if (path is null)
            return;
        if (Directory.Exists(path))
            throw new BadInputException($"{path}: is a folder; expected {expected}");
        if (!File.Exists(path))
            throw new BadInputException($"{path}: does not exist; expected {expected}");
        try
        {
            File.OpenRead(path).Dispose();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BadInputException($"{path}: cannot be read ({e.Message.TrimEnd('.')}); expected {expected}");
        }
    }

    /// <summary>Makes sure that bytes are text: no control character but tabs and ends of lines. UTF-16 with its byte order mark is text too.</summary>
    /// <exception cref="BadInputException">They are not.</exception>
    public static void RequireText(ReadOnlySpan<byte> bytes, string path, string expected)
    {
        if (bytes is [0xFF, 0xFE, ..] or [0xFE, 0xFF, ..])
            return;
        int at = bytes.IndexOfAny(s_notText);
        if (at >= 0)
            throw new BadInputException($"{path}: byte {at}: expected {expected}, found the byte 0x{bytes[at]:x2}, which no text has");
    }

    /// <summary>The bytes of a file; one packed with gzip is unpacked.</summary>
    /// <exception cref="InvalidDataException">It is packed, and broken or cut off.</exception>
    public static byte[] ReadAll(string path)
    {
        byte[] bytes = File.ReadAllBytes(path);
        if (bytes is not [0x1F, 0x8B, ..])
            return bytes;
        using GZipStream packed = new(new MemoryStream(bytes), CompressionMode.Decompress);
        using MemoryStream unpacked = new();
        packed.CopyTo(unpacked);
        byte[] content = unpacked.ToArray();
        if (!EndsWhole(bytes, content))
            throw new InvalidDataException($"packed with gzip and cut off at byte {bytes.Length}");
        return content;
    }

    /// <summary>
    /// What the stream does not look at: a packed file ends with the checksum and the length of what its last part unpacks to (RFC 1952).
    /// One that is cut off ends with anything, and unpacks to less without a word.
    /// </summary>
    private static bool EndsWhole(ReadOnlySpan<byte> packed, ReadOnlySpan<byte> content)
    {
        if (packed.Length < 18)
            return false;
        uint checksum = BinaryPrimitives.ReadUInt32LittleEndian(packed[^8..]), length = BinaryPrimitives.ReadUInt32LittleEndian(packed[^4..]);
        return length <= content.Length && Crc32(content[^(int)length..]) == checksum;
    }

    private static uint Crc32(ReadOnlySpan<byte> bytes)
    {
        uint crc = uint.MaxValue;
        foreach (byte value in bytes)
        {
            crc ^= value;
            for (int bit = 0; bit < 8; bit++)
                crc = (crc >> 1) ^ (0xEDB8_8320 & (uint)-(int)(crc & 1));
        }

        return ~crc;
    }
}
