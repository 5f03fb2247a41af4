using System.Diagnostics;
using DatapathKernels.Filtering;
using DatapathKernels.Formats.Iptables;
using DatapathKernels.Tests.Infrastructure;
using Xunit;

namespace DatapathKernels.Tests.Formats.Iptables;

/// <summary>Where iptables itself is on the machine and may be used, it accepts what is written.</summary>
public class RestoreTests
{
    [RestoreTheory]
    [InlineData("spelling-v4.tsv", IpFamily.V4)]
    [InlineData("spelling-v6.tsv", IpFamily.V6)]
    public void Iptables_restore_accepts_the_text(string file, IpFamily family)
    {
        Ruleset ruleset = new(family);
        Chain chain = ruleset.GetOrAdd(TableKind.Filter).Add("INPUT");
        foreach (string line in File.ReadLines(Path.Combine(Solution.Root, "tests", "DatapathKernels.Tests", "Golden", "iptables", file)).Where(line => !line.StartsWith('#')))
            chain.Add(Rulesets.Parse(Rulesets.Table("filter", ["INPUT"], $"-A INPUT {line.Split('\t')[0]}"), new IptablesParseOptions { Family = family }).Find(TableKind.Filter, "INPUT")!.Rules[0]);
        (int exit, string error) = RestoreTheoryAttribute.Restore(family, IptablesSaveWriter.Write(ruleset, counters: true));
        Assert.True(exit == 0, error);
    }
}

/// <summary>A theory that is skipped, saying so, where no <c>iptables-restore --test</c> can be run.</summary>
public sealed class RestoreTheoryAttribute : TheoryAttribute
{
    private static readonly string[] Folders = ["/usr/sbin", "/sbin", "/usr/local/sbin"];

    public RestoreTheoryAttribute()
    {
        if (Find(IpFamily.V4) is null || Find(IpFamily.V6) is null)
            Skip = "iptables-restore is not installed";
        else if (Restore(IpFamily.V4, "*filter\n:INPUT ACCEPT [0:0]\nCOMMIT\n").Exit != 0)
            Skip = "iptables-restore --test may not be run here (it needs CAP_NET_ADMIN)";
    }

    /// <summary>Runs the program with <c>--test</c>: it checks every rule and changes nothing.</summary>
    public static (int Exit, string Error) Restore(IpFamily family, string text)
    {
        using Process process = Process.Start(new ProcessStartInfo(Find(family)!, "--test")
        {
            RedirectStandardInput = true,
            RedirectStandardError = true,
        })!;
        process.StandardInput.Write(text);
        process.StandardInput.Close();
        string error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, error);
    }

    private static string? Find(IpFamily family) => Folders
        .SelectMany(folder => new[] { "-legacy-restore", "-restore" }.Select(name => Path.Combine(folder, (family == IpFamily.V4 ? "iptables" : "ip6tables") + name)))
        .FirstOrDefault(File.Exists);
}
