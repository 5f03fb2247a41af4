namespace DatapathKernels.Hashing;

/// <summary>
/// A key of a table: equality and a seeded hash, static-abstract, so that a table generic over its key gets its own machine
/// code for each kind of key and none pays for another.
/// </summary>
/// <remarks><see cref="RawKey{T}"/> makes one of any unmanaged type.</remarks>
/// <typeparam name="TSelf">The key itself.</typeparam>
public interface IHashKey<TSelf>
    where TSelf : unmanaged, IHashKey<TSelf>
{
    /// <summary>True when both keys are the same.</summary>
    static abstract bool AreEqual(in TSelf left, in TSelf right);

    /// <summary>
    /// True when <see cref="AreEqual"/> compares all bytes of the key and nothing else: then a table may compare several
    /// keys with one vector instruction in its place.
    /// </summary>
    static virtual bool IsBitwise => false;

    /// <summary>
    /// The key's hash. Equal keys have equal hashes. Tables use the upper half as index and the low bits as tag, so every
    /// bit must be fit for that, and no two keys may collide under every seed.
    /// </summary>
    static abstract ulong Hash(in TSelf key, ulong seed);

    /// <summary>The same hash, by a seed prepared once.</summary>
    static virtual ulong Hash(in TSelf key, in HashSecret secret) => TSelf.Hash(in key, secret.Seed);

    /// <summary>The same hash of many keys, which a key whose hash fits vectors works out several at a time.</summary>
    /// <param name="keys">The keys.</param>
    /// <param name="hashes">Receives one hash a key, in order; at least as long as <paramref name="keys"/>.</param>
    /// <param name="secret">The seed, prepared once.</param>
    static virtual void Hash(ReadOnlySpan<TSelf> keys, Span<ulong> hashes, in HashSecret secret)
    {
        for (int i = 0; i < keys.Length; i++)
            hashes[i] = TSelf.Hash(in keys[i], in secret);
    }
}
