using System.Runtime.InteropServices;

namespace DatapathKernels.Bench.Machines;

/// <summary>What the CPU says it is. Fields the platform does not tell are empty.</summary>
internal sealed record CpuDescription(string Model, string Family, string ModelNumber, string Stepping, IReadOnlyList<string> Caches)
{
    /// <summary>Reads <c>/proc/cpuinfo</c> and the cache descriptions of the first CPU; elsewhere only the architecture is known.</summary>
    public static CpuDescription Read(string cpuinfo = "/proc/cpuinfo", string cacheFolder = "/sys/devices/system/cpu/cpu0/cache")
    {
        Dictionary<string, string> fields = [];
        foreach (string line in Lines(cpuinfo))
        {
            if (line.Split(':', 2) is [var name, var value])
                fields.TryAdd(name.Trim(), value.Trim());
        }

        string Field(string name) => fields.GetValueOrDefault(name, "");
        string model = Field("model name") is { Length: > 0 } named ? named : RuntimeInformation.ProcessArchitecture.ToString();
        return new CpuDescription(model, Field("cpu family"), Field("model"), Field("stepping"), ReadCaches(cacheFolder));
    }

    private static List<string> ReadCaches(string folder)
    {
        if (!Directory.Exists(folder))
            return [];
        string Text(string index, string file) => Lines(Path.Combine(index, file)).FirstOrDefault("?").Trim();
        return
        [
            .. Directory.GetDirectories(folder, "index*").Order(StringComparer.Ordinal)
                .Select(i => $"L{Text(i, "level")} {Text(i, "type").ToLowerInvariant()} {Text(i, "size")}, line {Text(i, "coherency_line_size")} B, CPUs {Text(i, "shared_cpu_list")}"),
        ];
    }

    private static string[] Lines(string file)
    {
        try
        {
            return File.ReadAllLines(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
