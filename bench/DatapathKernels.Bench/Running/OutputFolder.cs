using System.Globalization;
using DatapathKernels.Bench.Cli;

namespace DatapathKernels.Bench.Running;

/// <summary>Where a run writes. A result that stands there already is history and is never overwritten.</summary>
internal static class OutputFolder
{
    /// <summary><c>results/&lt;machine&gt;/&lt;UTC date-time&gt;</c>.</summary>
    public static string Default(string root, string machine, DateTime utc) =>
        Path.Combine(root, "results", machine, utc.ToString("yyyy-MM-dd'T'HHmmss'Z'", CultureInfo.InvariantCulture));

    /// <summary>Makes the folder.</summary>
    /// <exception cref="BadInputException">It cannot be made, or something stands in it.</exception>
    public static void Create(string folder)
    {
        try
        {
            Directory.CreateDirectory(folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BadInputException($"{folder}: {e.Message.TrimEnd('.')}; expected a folder that can be written");
        }

        if (Directory.EnumerateFileSystemEntries(folder).Any())
            throw new BadInputException($"{folder}: not empty; expected a new or an empty folder, since results are never overwritten");
    }
}
