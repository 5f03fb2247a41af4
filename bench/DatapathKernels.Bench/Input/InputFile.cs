using System.IO.Compression;
using DatapathKernels.Bench.Cli;

namespace DatapathKernels.Bench.Input;

/// <summary>A file that the user named.</summary>
internal static class InputFile
{
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

    /// <summary>The bytes of a file; one packed with gzip is unpacked.</summary>
    /// <exception cref="InvalidDataException">It is packed, and broken.</exception>
    public static byte[] ReadAll(string path)
    {
        byte[] bytes = File.ReadAllBytes(path);
        if (bytes is not [0x1F, 0x8B, ..])
            return bytes;
        using GZipStream packed = new(new MemoryStream(bytes), CompressionMode.Decompress);
        using MemoryStream unpacked = new();
        packed.CopyTo(unpacked);
        return unpacked.ToArray();
    }
}
