namespace DatapathKernels.Filtering;

/// <summary>What TTL and HL do with the field.</summary>
public enum HopLimitMode : byte
{
    /// <summary><c>--ttl-set</c>, <c>--hl-set</c>.</summary>
    Set,

    /// <summary><c>--ttl-inc</c>, <c>--hl-inc</c>: stops at 255.</summary>
    Increase,

    /// <summary><c>--ttl-dec</c>, <c>--hl-dec</c>: stops at 0.</summary>
    Decrease,
}
