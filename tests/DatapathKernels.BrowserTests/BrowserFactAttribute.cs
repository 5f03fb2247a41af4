using Xunit;

namespace DatapathKernels.BrowserTests;

/// <summary>
/// A test that drives a Chromium of this system; skipped, saying so, where there is none. <c>DATAPATH_CHROMIUM</c> names one
/// that stands elsewhere.
/// </summary>
public sealed class BrowserFactAttribute : FactAttribute
{
    private static readonly string[] Names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

    public BrowserFactAttribute() =>
        Skip = Executable is null ? $"no Chromium in PATH under the names {string.Join(", ", Names)}; set DATAPATH_CHROMIUM to one" : null;

    /// <summary>The browser, or null.</summary>
    public static string? Executable { get; } = Find();

    private static string? Find()
    {
        if (Environment.GetEnvironmentVariable("DATAPATH_CHROMIUM") is { Length: > 0 } named)
            return File.Exists(named) ? named : null;
        string[] folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);
        return Names.SelectMany(_ => folders, (name, folder) => Path.Combine(folder, name)).FirstOrDefault(File.Exists);
    }
}
