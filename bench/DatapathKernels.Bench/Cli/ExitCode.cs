namespace DatapathKernels.Bench.Cli;

/// <summary>What the process says when it ends.</summary>
internal static class ExitCode
{
    /// <summary>Every benchmark ran and every answer was right.</summary>
    public const int Ok = 0;

    /// <summary>A benchmark failed or computed the wrong answer.</summary>
    public const int Failed = 1;

    /// <summary>The command line or a file it names is wrong; nothing was measured.</summary>
    public const int BadInput = 2;
}
