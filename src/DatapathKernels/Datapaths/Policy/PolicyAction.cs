namespace DatapathKernels.Datapaths.Policy;

/// <summary>What an entry of a policy map does with the traffic it matches.</summary>
public enum PolicyAction : uint
{
    /// <summary>No entry.</summary>
    None = 0,

    /// <summary>Lets it pass.</summary>
    Allow = 1,

    /// <summary>Drops it, even if an entry for everyone, or for the identity in a denial for everyone, allows it.</summary>
    Deny = 2,
}
