using Xunit;

namespace DatapathKernels.Tests.Infrastructure;

/// <summary>
/// Third-party captures, rulesets and oracles. They are not part of the project: tests that need them look in the folder
/// named by <c>DATAPATH_SHARED</c>, default <c>../shared</c> beside the solution, and are skipped, saying so, without it.
/// </summary>
public static class Corpus
{
    public static string Root { get; } = Path.Combine(SharedFolder(), "corpus");

    public static bool IsPresent { get; } = Directory.Exists(Root);

    public static string? SkipReason => IsPresent
        ? null
        : $"the corpus is not at {Root}; set DATAPATH_SHARED to the folder that holds it";

    public static string PathOf(params string[] parts) => Path.Combine([Root, .. parts]);

    private static string SharedFolder() =>
        Environment.GetEnvironmentVariable("DATAPATH_SHARED") is { Length: > 0 } folder
            ? folder
            : Path.GetFullPath(Path.Combine(Solution.Root, "..", "shared"));
}

/// <summary>A test that needs the corpus.</summary>
public sealed class CorpusFactAttribute : FactAttribute
{
    public CorpusFactAttribute() => Skip = Corpus.SkipReason;
}

/// <summary>A theory that needs the corpus.</summary>
public sealed class CorpusTheoryAttribute : TheoryAttribute
{
    public CorpusTheoryAttribute() => Skip = Corpus.SkipReason;
}
