using System.Globalization;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace DatapathKernels.Bench.Machines;

/// <summary>Everything needed to judge a result or to run it again: machine, software, commit, command and date.</summary>
internal sealed class RunEnvironment
{
    private static readonly string[] SettingPrefixes =
        ["DOTNET_Enable", "DOTNET_Tiered", "DOTNET_TC_", "DOTNET_OSR", "DOTNET_GC", "DOTNET_Jit", "DOTNET_ReadyToRun", "DOTNET_PreferredVector"];

    private RunEnvironment(string machine, string commit, DateTime utc, IReadOnlyList<KeyValuePair<string, string>> lines)
    {
        Machine = machine;
        Commit = commit;
        Utc = utc;
        Lines = lines;
    }

    /// <summary>See <see cref="MachineName"/>.</summary>
    public string Machine { get; }

    /// <summary>Full commit hash, <c>-dirty</c> added when the working tree (but for results) differs from it, <c>unknown</c> outside a clone.</summary>
    public string Commit { get; }

    /// <summary>When the run started, to the second.</summary>
    public DateTime Utc { get; }

    /// <summary>Name and value, in the order of <c>environment.txt</c>.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Lines { get; }

    /// <summary>Looks around.</summary>
    /// <param name="root">The solution's folder.</param>
    /// <param name="command">The command line as the user typed it.</param>
    /// <param name="profile">The profile's name and what it means.</param>
    /// <param name="utc">When the run started.</param>
    public static RunEnvironment Capture(string root, string command, string profile, DateTime utc)
    {
        utc = utc.AddTicks(-(utc.Ticks % TimeSpan.TicksPerSecond));
        CpuDescription cpu = CpuDescription.Read();
        string machine = MachineName.Current();
        string commit = ReadCommit(root);
        List<KeyValuePair<string, string>> lines = [];
        void Add(string name, string? value) => lines.Add(new(name, string.IsNullOrWhiteSpace(value) ? "unknown" : value));

        Add("date", utc.ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture));
        Add("command", command);
        Add("profile", profile);
        Add("commit", commit);
        Add("machine", machine);
        Add("cpu", $"{cpu.Model}, family {cpu.Family} model {cpu.ModelNumber} stepping {cpu.Stepping}, {Environment.ProcessorCount} logical CPUs");
        foreach (string cache in cpu.Caches)
            Add("cache", cache);
        Add("vectors", $"512-bit {OnOff(Vector512.IsHardwareAccelerated)}, 256-bit {OnOff(Vector256.IsHardwareAccelerated)}, 128-bit {OnOff(Vector128.IsHardwareAccelerated)}");
        Add("memory", FirstLine("/proc/meminfo"));
        Add("huge pages", FirstLine("/sys/kernel/mm/transparent_hugepage/enabled"));
        Add("kernel", FirstLine("/proc/sys/kernel/osrelease") ?? RuntimeInformation.OSDescription);
        Add("os", OsName());
        Add("architecture", RuntimeInformation.ProcessArchitecture.ToString());
        Add("sdk", Shell.Ask(root, "dotnet", "--version"));
        Add("runtime", RuntimeInformation.FrameworkDescription);
        foreach ((string name, string value) in RuntimeSettings())
            Add(name, value);
        return new RunEnvironment(machine, commit, utc, lines);
    }

    /// <summary>The text of <c>environment.txt</c>: one <c>name: value</c> a line.</summary>
    public string ToText() => string.Concat(Lines.Select(l => $"{l.Key}: {l.Value}\n"));

    private static string ReadCommit(string root)
    {
        if (Shell.Ask(root, "git", "rev-parse", "HEAD") is not { Length: > 0 } commit)
            return "unknown";
        return Shell.Ask(root, "git", "status", "--porcelain", "--", ".", ":(exclude)results") is { Length: > 0 } ? commit + "-dirty" : commit;
    }

    // Runtime switches change the machine code that is measured, so they are part of the record.
    private static IEnumerable<(string Name, string Value)> RuntimeSettings() =>
        Environment.GetEnvironmentVariables().Cast<System.Collections.DictionaryEntry>()
            .Select(v => (Name: (string)v.Key, Value: (string?)v.Value ?? ""))
            .Where(v => SettingPrefixes.Any(p => v.Name.StartsWith(p, StringComparison.OrdinalIgnoreCase)))
            .OrderBy(v => v.Name, StringComparer.Ordinal);

    private static string OnOff(bool on) => on ? "on" : "off";

    private static string? FirstLine(string file) => File.Exists(file) ? File.ReadLines(file).FirstOrDefault() : null;

    private static string? OsName() => File.Exists("/etc/os-release")
        ? File.ReadLines("/etc/os-release").FirstOrDefault(l => l.StartsWith("PRETTY_NAME=", StringComparison.Ordinal))?["PRETTY_NAME=".Length..].Trim('"')
        : RuntimeInformation.OSDescription;
}
