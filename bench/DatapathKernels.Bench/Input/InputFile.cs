using DatapathKernels.Bench.Cli;

namespace DatapathKernels.Bench.Input;

/// <summary>A file that the user named.</summary>
internal static class InputFile
{
    /// <summary>Makes sure that the file is there and can be read; null is no file.</summary>
    /// <exception cref="BadInputException">It is not.</exception>
    public static void Require(string? path, string expected)
    {
        if (path is null)
            return;
        if (Directory.Exists(path))
            throw new BadInputException($"{path}: is a folder; expected {expected}");
        if (!File.Exists(path))
            throw new BadInputException($"{path}: does not exist; expected {expected}");
        try
        {
            File.OpenRead(path).Dispose();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BadInputException($"{path}: cannot be read ({e.Message.TrimEnd('.')}); expected {expected}");
        }
    }
}
