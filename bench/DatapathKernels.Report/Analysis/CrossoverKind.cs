namespace DatapathKernels.Report.Analysis;

/// <summary>How two curves lie to each other over the X that both were measured at.</summary>
internal enum CrossoverKind
{
    /// <summary>They share no X.</summary>
    NotComparable,

    /// <summary>The first is above the second everywhere.</summary>
    AlwaysAbove,

    /// <summary>The first does not end above the second.</summary>
    NeverAbove,

    /// <summary>The first comes from below and stays above from <see cref="Crossover.X"/> on.</summary>
    Crosses,
}
