namespace DatapathKernels.Datapaths.Policy;

/// <summary>
/// Numbers of identities that mean something by themselves, and where each kind begins (Cilium,
/// <c>pkg/identity/numericidentity.go</c>).
/// </summary>
public static class ReservedIdentities
{
    /// <summary>In a key of the policy map: whoever the other end is. No address has it.</summary>
    public const uint Any = 0;

    /// <summary>The node itself.</summary>
    public const uint Host = 1;

    /// <summary>Every address that nothing is known of.</summary>
    public const uint World = 2;

    /// <summary>The first of the identities that sets of pod labels get.</summary>
    public const uint FirstPods = 256;

    /// <summary>The first of the identities that address ranges get.</summary>
    public const uint FirstRanges = 1 << 24;

    /// <summary>The first of the identities that other nodes get.</summary>
    public const uint FirstNodes = 2 << 24;
}
