using System.Text.RegularExpressions;

namespace DatapathKernels.Bench.Machines;

/// <summary>
/// The name a machine's results are filed under: its CPU and how many of them, such as <c>amd-epyc-9655p-96cpu</c>.
/// The same on every boot, and no host name in it. <c>DATAPATH_MACHINE</c> overrules it.
/// </summary>
internal static partial class MachineName
{
    /// <summary>The variable that overrules the name.</summary>
    public const string Variable = "DATAPATH_MACHINE";

    /// <summary>This machine's name.</summary>
    public static string Current() => From(Environment.GetEnvironmentVariable(Variable), CpuDescription.Read(), Environment.ProcessorCount);

    /// <summary>The rule itself.</summary>
    public static string From(string? overruled, CpuDescription cpu, int processors)
    {
        if (overruled is not null && Slug(overruled) is { Length: > 0 } chosen)
            return chosen;
        string model = Slug(Noise().Replace(cpu.Model, " "));
        // Hypervisors often name only the brand ("AMD EPYC"); family and model then tell the generations apart.
        if (!model.Any(char.IsAsciiDigit) && cpu.Family.Length > 0)
            model = $"{model}-family{cpu.Family}-model{cpu.ModelNumber}";
        return Slug($"{model}-{processors}cpu");
    }

    /// <summary>Lower-case letters and digits with single dashes between: safe as a folder name everywhere.</summary>
    public static string Slug(string text) => Other().Replace(text.ToLowerInvariant(), "-").Trim('-');

    [GeneratedRegex("[^a-z0-9]+", RegexOptions.CultureInvariant)]
    private static partial Regex Other();

    [GeneratedRegex(@"\((r|tm)\)|@.*$|\b(cpu|processor|\d+-core)\b", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Noise();
}
