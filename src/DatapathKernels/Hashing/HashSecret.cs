namespace DatapathKernels.Hashing;

/// <summary>
/// A seed as <see cref="FlowHash"/> uses it, worked out once: a table keeps one and saves the derivation, six instructions
/// of some twenty, on every hash.
/// </summary>
/// <param name="seed">The seed. Random in a table keyed by strangers' packets.</param>
public readonly struct HashSecret(ulong seed)
{
    /// <summary>The seed itself.</summary>
    public ulong Seed { get; } = seed;

    /// <summary>What the first product's factors are xored with.</summary>
    internal readonly ulong First0 = FlowHash.Secrets(seed).Secret0, First1 = FlowHash.Secrets(seed).Secret1;

    /// <summary>What the second product's factors are xored with.</summary>
    internal readonly ulong Second0 = FlowHash.Secrets(seed).Secret0 ^ FlowHash.C1, Second1 = FlowHash.Secrets(seed).Secret1 ^ FlowHash.C3;
}
