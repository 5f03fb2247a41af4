namespace DatapathKernels.Filtering;

/// <summary>What <see cref="RecentMatch"/> does with its list.</summary>
public enum RecentMode : byte
{
    /// <summary><c>--set</c>: adds the address, or the time to its entry. Always matches.</summary>
    Set,

    /// <summary><c>--rcheck</c>: matches when the address is in the list, recently and often enough.</summary>
    Check,

    /// <summary><c>--update</c>: as <see cref="Check"/>, and adds the time on a match.</summary>
    Update,

    /// <summary><c>--remove</c>: matches when the address is in the list, and takes it out.</summary>
    Remove,
}
