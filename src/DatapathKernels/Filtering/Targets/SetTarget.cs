namespace DatapathKernels.Filtering;

/// <summary>
/// <c>-j SET</c>: adds the packet to a set, removes it from one, or both. <c>--map-set</c> reads marks that sets made with
/// <c>skbinfo</c> carry; sets of this library carry none, so it changes nothing, as in the kernel with such a set.
/// </summary>
public sealed record SetTarget : RuleTarget
{
    /// <summary><c>--add-set</c>.</summary>
    public SetReference? Add { get; init; }

    /// <summary><c>--del-set</c>.</summary>
    public SetReference? Remove { get; init; }

    /// <summary><c>--map-set</c>.</summary>
    public SetReference? Map { get; init; }

    /// <summary><c>--exist</c>: an entry that is there is renewed.</summary>
    public bool Renew { get; init; }

    /// <summary><c>--timeout</c>, seconds; null for the set's own.</summary>
    public uint? TimeoutSeconds { get; init; }

    /// <summary><c>--map-mark</c>.</summary>
    public bool MapMark { get; init; }

    /// <summary><c>--map-prio</c>.</summary>
    public bool MapPriority { get; init; }

    /// <summary><c>--map-queue</c>.</summary>
    public bool MapQueue { get; init; }
}
