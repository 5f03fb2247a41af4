using DatapathKernels.Bench.Cli;
using DatapathKernels.Bench.Running;
using Xunit;

namespace DatapathKernels.Tests.Bench;

public sealed class OutputFolderTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("datapath-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Results_are_filed_under_machine_and_time() =>
        Assert.Equal(
            Path.Combine("root", "results", "some-machine", "2026-01-02T030405Z"),
            OutputFolder.Default("root", "some-machine", new DateTime(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc)));

    [Fact]
    public void A_new_or_an_empty_folder_is_taken()
    {
        OutputFolder.Create(_folder);
        OutputFolder.Create(Path.Combine(_folder, "a", "b"));

        Assert.True(Directory.Exists(Path.Combine(_folder, "a", "b")));
    }

    [Fact]
    public void A_folder_with_something_in_it_is_never_written_to()
    {
        File.WriteAllText(Path.Combine(_folder, "records.json"), "[]");

        Assert.Contains("never overwritten", Assert.Throws<BadInputException>(() => OutputFolder.Create(_folder)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_in_the_way_is_bad_input()
    {
        string file = Path.Combine(_folder, "file");
        File.WriteAllText(file, "");

        Assert.Throws<BadInputException>(() => OutputFolder.Create(Path.Combine(file, "below")));
    }
}
