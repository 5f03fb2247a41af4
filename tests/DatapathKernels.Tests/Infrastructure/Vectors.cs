using System.IO.Compression;
using System.Text.Json;

namespace DatapathKernels.Tests.Infrastructure;

/// <summary>
/// The golden vectors: the copies in <c>Golden/</c>, or the folder named by <c>DATAPATH_VECTORS</c>, which holds files
/// of the same names and formats, in the same folders or all in one. A file that it lacks is that of <c>Golden/</c>.
/// </summary>
public static class Vectors
{
    private static readonly string Golden = Path.Combine(AppContext.BaseDirectory, "Golden");

    private static readonly string? Given = Environment.GetEnvironmentVariable("DATAPATH_VECTORS") is { Length: > 0 } folder ? Existing(folder) : null;

    /// <summary>Reads for example <c>algorithms/checksum.json</c>; large files may be there compressed (<c>.gz</c>).</summary>
    public static JsonElement Load(string file)
    {
        string path = Find(Given, file) ?? Find(Given, Path.GetFileName(file)) ?? Find(Golden, file)
            ?? throw new FileNotFoundException($"no golden vectors {file}, plain or with .gz behind it");
        using Stream stream = path.EndsWith(".gz", StringComparison.Ordinal) ? new GZipStream(File.OpenRead(path), CompressionMode.Decompress) : File.OpenRead(path);
        using JsonDocument document = JsonDocument.Parse(stream);
        return document.RootElement.Clone();
    }

    private static string? Find(string? folder, string file) =>
        folder is null ? null : Array.Find([Path.Combine(folder, file), Path.Combine(folder, file + ".gz")], File.Exists);

    private static string Existing(string folder) =>
        Directory.Exists(folder) ? folder : throw new DirectoryNotFoundException($"DATAPATH_VECTORS names {folder}, and there is no such folder");
}
