using System.Globalization;

namespace DatapathKernels.Bench.Scenarios.Measuring;

/// <summary>A cache of the first CPU that holds data.</summary>
/// <param name="Level">1, 2 or 3.</param>
/// <param name="Bytes">Its size.</param>
internal readonly record struct CacheSize(int Level, long Bytes)
{
    private const string Linux = "/sys/devices/system/cpu/cpu0/cache";

    /// <summary>The caches by level: as the system tells, or, where it does not (many virtual machines), as the processor does; none where neither does.</summary>
    public static IReadOnlyList<CacheSize> Read() => Read(Linux) is { Count: > 0 } told ? told : ProcessorCaches.Read();

    /// <summary>The caches that a folder of the system describes.</summary>
    internal static IReadOnlyList<CacheSize> Read(string folder)
    {
        if (!Directory.Exists(folder))
            return [];
        List<CacheSize> caches = [];
        foreach (string index in Directory.GetDirectories(folder, "index*"))
        {
            if (Text(index, "type") != "Instruction" && int.TryParse(Text(index, "level"), CultureInfo.InvariantCulture, out int level) && BytesIn(Text(index, "size")) is { } bytes)
                caches.Add(new CacheSize(level, bytes));
        }

        return [.. caches.OrderBy(c => c.Level)];
    }

    /// <summary><c>48K</c>, <c>32768K</c>, <c>32M</c>; null for anything else.</summary>
    internal static long? BytesIn(string size)
    {
        int shift = size.EndsWith('K') ? 10 : size.EndsWith('M') ? 20 : 0;
        return long.TryParse(size.TrimEnd('K', 'M'), CultureInfo.InvariantCulture, out long number) ? number << shift : null;
    }

    private static string Text(string folder, string file)
    {
        string path = Path.Combine(folder, file);
        return File.Exists(path) ? File.ReadAllText(path).Trim() : "";
    }
}
