namespace DatapathKernels.Filtering;

/// <summary>How a translation chooses from its ranges.</summary>
[Flags]
public enum NatFlags : byte
{
    /// <summary>The defaults.</summary>
    None = 0,

    /// <summary><c>--random</c>.</summary>
    Random = 1,

    /// <summary><c>--random-fully</c>.</summary>
    RandomFully = 2,

    /// <summary><c>--persistent</c>.</summary>
    Persistent = 4,
}
