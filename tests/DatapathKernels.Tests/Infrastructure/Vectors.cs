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

    /// <summary>Reads for example <c>algorithms/checksum.json</c>.</summary>
    public static JsonElement Load(string file)
    {
        using FileStream stream = File.OpenRead(Path.Combine(Root, file));
        using JsonDocument document = JsonDocument.Parse(stream);
        return document.RootElement.Clone();
    }
}
