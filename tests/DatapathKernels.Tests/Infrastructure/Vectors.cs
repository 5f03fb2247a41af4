using System.IO.Compression;
using System.Text.Json;

namespace DatapathKernels.Tests.Infrastructure;

/// <summary>
/// The golden vectors: the copies in <c>Golden/</c>, or the folder named by <c>DATAPATH_VECTORS</c>, which holds files
/// of the same names and formats.
/// </summary>
public static class Vectors
{
    public static string Root { get; } =
        Environment.GetEnvironmentVariable("DATAPATH_VECTORS") is { Length: > 0 } folder
            ? folder
            : Path.Combine(AppContext.BaseDirectory, "Golden");

    /// <summary>Reads for example <c>algorithms/checksum.json</c>; large files may be there compressed (<c>.gz</c>).</summary>
    public static JsonElement Load(string file)
    {
        string path = Path.Combine(Root, file);
        bool plain = File.Exists(path) || !File.Exists(path + ".gz");
        using Stream stream = plain ? File.OpenRead(path) : new GZipStream(File.OpenRead(path + ".gz"), CompressionMode.Decompress);
        using JsonDocument document = JsonDocument.Parse(stream);
        return document.RootElement.Clone();
    }
}
