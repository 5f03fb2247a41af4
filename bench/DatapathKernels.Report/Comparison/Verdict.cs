namespace DatapathKernels.Report.Comparison;

/// <summary>What two runs say about a case.</summary>
internal enum Verdict
{
    /// <summary>No difference is shown; that is not proof that there is none.</summary>
    Same,

    /// <summary>The second run is faster.</summary>
    Faster,

    /// <summary>The second run is slower.</summary>
    Slower,

    /// <summary>The units differ: the numbers count different things.</summary>
    OtherUnit,
}
