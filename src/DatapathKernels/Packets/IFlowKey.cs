namespace DatapathKernels.Packets;

/// <summary>
/// A flow key: what a table is keyed by. Static-abstract, so a table generic over its key gets its own machine code
/// for IPv4 and for IPv6 and neither pays for the other.
/// </summary>
/// <typeparam name="TSelf">The key itself.</typeparam>
public interface IFlowKey<TSelf>
    where TSelf : unmanaged, IFlowKey<TSelf>
{
    /// <summary>True when both keys hold the same bytes.</summary>
    static abstract bool AreEqual(in TSelf left, in TSelf right);

    /// <summary>The key of the packets that flow the other way: addresses and ports exchanged.</summary>
    static abstract TSelf Reverse(in TSelf key);

    /// <summary>
    /// The key's hash by <see cref="Hashing.FlowHash"/>: the same on every CPU. Tables keyed by strangers' packets need a
    /// random seed.
    /// </summary>
    static abstract ulong Hash(in TSelf key, ulong seed);
}
