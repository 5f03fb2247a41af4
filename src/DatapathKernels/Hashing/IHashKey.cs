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
    /// The key's hash. Equal keys have equal hashes. Tables use the low bits as index and the high bits as tag, so every
    /// bit must be fit for that, and no two keys may collide under every seed.
    /// </summary>
    static abstract ulong Hash(in TSelf key, ulong seed);
}
