using DatapathKernels.Bench.Cli;

namespace DatapathKernels.Bench.Running;

/// <summary>The folder of the solution this program was built from; results are filed below it.</summary>
internal static class SolutionFolder
{
    /// <summary>The nearest folder above the program that holds the solution file.</summary>
    public static string Find()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "DatapathKernels.sln")))
                return folder.FullName;
        }

        throw new BadInputException($"no DatapathKernels.sln above {AppContext.BaseDirectory}; expected to run from a build inside the clone");
    }
}
