namespace DatapathKernels.Tests.Infrastructure;

/// <summary>Where the solution's sources are: the nearest folder above the test assembly that holds the solution file.</summary>
public static class Solution
{
    public static string Root { get; } = Find();

    private static string Find()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "DatapathKernels.sln")))
                return folder.FullName;
        }

        throw new InvalidOperationException($"no DatapathKernels.sln above {AppContext.BaseDirectory}");
    }
}
