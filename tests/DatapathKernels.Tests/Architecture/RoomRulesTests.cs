using System.Xml.Linq;
using DatapathKernels.Packets;
using DatapathKernels.Tests.Infrastructure;
using Xunit;

namespace DatapathKernels.Tests.Architecture;

public class RoomRulesTests
{
    private static readonly string Core = typeof(FlowKeyV4).Assembly.Location;

    private static readonly string Sources = Path.Combine(Solution.Root, "src", "DatapathKernels");

    [Fact]
    public void No_room_uses_one_it_may_not_know()
    {
        using AssemblyReferences core = new(Core);

        (string User, string Used)[] uses = [.. core.Uses()];

        Assert.Contains(uses, u => u.User.StartsWith("DatapathKernels.Filtering.", StringComparison.Ordinal) && u.Used.StartsWith("DatapathKernels.Packets.", StringComparison.Ordinal));
        Assert.Empty(uses.Select(u => RoomRules.Violation(u.User, u.Used)).OfType<string>());
    }

    [Fact]
    public void The_core_library_stands_on_the_base_class_library_alone()
    {
        using AssemblyReferences core = new(Core);

        Assert.All(core.Assemblies, name => Assert.True(
            name.StartsWith("System.", StringComparison.Ordinal) || name is "CommunityToolkit.HighPerformance", $"references {name}"));
    }

    [Theory]
    [InlineData("DatapathKernels.Hashing.A", "DatapathKernels.Packets.B", false)]
    [InlineData("DatapathKernels.Packets.A", "DatapathKernels.Hashing.B", true)]
    [InlineData("DatapathKernels.Filtering.A", "DatapathKernels.LoadBalancing.B", false)]
    [InlineData("DatapathKernels.Conntrack.A", "DatapathKernels.Maps.B", true)]
    [InlineData("DatapathKernels.Maps.A", "DatapathKernels.Conntrack.B", false)]
    [InlineData("DatapathKernels.Datapaths.A", "DatapathKernels.Overlay.B", true)]
    [InlineData("DatapathKernels.Attic.A", "DatapathKernels.Packets.B", false)]
    [InlineData("DatapathKernels.Packets.A", "System.Linq.Enumerable", false)]
    [InlineData("DatapathKernels.Packets.A", "System.Span`1", true)]
    public void The_rules_are_those_of_the_floor_plan(string user, string used, bool allowed) =>
        Assert.Equal(allowed, RoomRules.Violation(user, used) is null);

    [Fact]
    public void The_reader_finds_a_use_in_signatures_bodies_and_generic_arguments()
    {
        using AssemblyReferences own = new(typeof(RoomRulesTests).Assembly.Location);

        HashSet<string> used = [.. own.Uses().Where(u => u.User.EndsWith("." + nameof(Offender), StringComparison.Ordinal)).Select(u => u.Used)];

        Assert.Contains("System.Linq.Enumerable", used);
        Assert.Contains("System.IO.File", used);
        Assert.Contains("System.Text.StringBuilder", used);
        Assert.Contains("System.Version", used);
    }

    [Fact]
    public void The_banned_list_is_part_of_the_build()
    {
        XElement project = XElement.Load(Path.Combine(Sources, "DatapathKernels.csproj"));

        Assert.Contains(project.Descendants("AdditionalFiles"), f => (string?)f.Attribute("Include") == "BannedSymbols.txt");
        Assert.Contains(project.Descendants("PackageReference"), p => (string?)p.Attribute("Include") == "Microsoft.CodeAnalysis.BannedApiAnalyzers");
        Assert.Contains("<TreatWarningsAsErrors>true</TreatWarningsAsErrors>", File.ReadAllText(Path.Combine(Solution.Root, "Directory.Build.props")), StringComparison.Ordinal);
        Assert.DoesNotContain("RS0030", File.ReadAllText(Path.Combine(Solution.Root, ".editorconfig")), StringComparison.Ordinal);
    }

    [Fact]
    public void Every_public_type_has_a_file_of_its_name()
    {
        HashSet<string> files = [.. Directory.EnumerateFiles(Sources, "*.cs", SearchOption.AllDirectories).Select(f => Path.GetFileName(f))];

        Assert.All(typeof(FlowKeyV4).Assembly.GetExportedTypes().Where(t => !t.IsNested), t => Assert.Contains(t.Name.Split('`')[0] + ".cs", files));
    }

    [Fact]
    public void No_file_of_the_libraries_is_much_longer_than_300_lines()
    {
        string[] files = [.. Directory.EnumerateFiles(Path.Combine(Solution.Root, "src"), "*.cs", SearchOption.AllDirectories).Where(f => !f.Contains("/obj/", StringComparison.Ordinal))];

        Assert.NotEmpty(files);
        Assert.All(files, f => Assert.True(File.ReadLines(f).Count() <= 320, $"{f} has more than 320 lines; expected about 300 at most"));
    }
}
