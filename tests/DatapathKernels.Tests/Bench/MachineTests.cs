using System.Text.RegularExpressions;
using DatapathKernels.Bench.Machines;
using DatapathKernels.Tests.Infrastructure;
using Xunit;

namespace DatapathKernels.Tests.Bench;

public class MachineTests
{
    [Theory]
    [InlineData("AMD EPYC 9655P 96-Core Processor", 96, "amd-epyc-9655p-96cpu")]
    [InlineData("Intel(R) Xeon(R) Platinum 8370C CPU @ 2.80GHz", 4, "intel-xeon-platinum-8370c-4cpu")]
    [InlineData("AMD EPYC", 2, "amd-epyc-family26-model2-2cpu")]
    [InlineData("Arm64", 8, "arm64-8cpu")]
    public void A_machine_is_named_after_its_cpu(string model, int processors, string expected) =>
        Assert.Equal(expected, MachineName.From(null, new CpuDescription(model, "26", "2", "1", []), processors));

    [Theory]
    [InlineData("Build box #7", "build-box-7")]
    [InlineData("../../etc", "etc")]
    public void The_name_can_be_overruled_but_stays_a_folder_name(string chosen, string expected) =>
        Assert.Equal(expected, MachineName.From(chosen, new CpuDescription("Arm64", "", "", "", []), 8));

    [Fact]
    public void A_name_that_leaves_nothing_is_ignored() =>
        Assert.Equal("arm64-8cpu", MachineName.From("...", new CpuDescription("Arm64", "", "", "", []), 8));

    [Fact]
    public void A_platform_without_the_files_still_has_a_description()
    {
        CpuDescription cpu = CpuDescription.Read("/no/such/file", "/no/such/folder");

        Assert.NotEmpty(cpu.Model);
        Assert.Empty(cpu.Caches);
    }

    [Fact]
    public void The_environment_names_everything_needed_to_repeat_a_run()
    {
        DateTime utc = new(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc);

        RunEnvironment environment = RunEnvironment.Capture(Solution.Root, "./run-bench.sh --full", "full", utc);
        string text = environment.ToText();

        foreach (string name in (string[])["date", "command", "profile", "commit", "machine", "cpu", "vectors", "memory", "kernel", "os", "sdk", "runtime"])
            Assert.Matches(new Regex($"^{name}: .+$", RegexOptions.Multiline), text);
        Assert.Contains("date: 2026-01-02 03:04:05 UTC", text, StringComparison.Ordinal);
        Assert.Contains("command: ./run-bench.sh --full", text, StringComparison.Ordinal);
        Assert.Matches("^([0-9a-f]{40}(-dirty)?|unknown)$", environment.Commit);
    }
}
