namespace DatapathKernels.Filtering;

/// <summary>What a matcher makes of <see cref="UnknownMatch"/> and <see cref="UnknownTarget"/>.</summary>
public enum UnknownPolicy : byte
{
    /// <summary>Meeting one ends the walk with a verdict that says so.</summary>
    Error,

    /// <summary>An unknown match never matches (nor does its negation); an unknown target does nothing and the walk goes on.</summary>
    Never,

    /// <summary>An unknown match always matches; an unknown target does nothing and the walk goes on.</summary>
    Always,
}
