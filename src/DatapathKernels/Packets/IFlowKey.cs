using DatapathKernels.Hashing;

namespace DatapathKernels.Packets;

/// <summary>
/// A flow key: what a table is keyed by. Static-abstract, so a table generic over its key gets its own machine code
/// for IPv4 and for IPv6 and neither pays for the other. Two keys are equal when they hold the same bytes; both hash by
/// <see cref="FlowHash"/>, the same on every CPU. Tables keyed by strangers' packets need a random seed.
/// </summary>
/// <typeparam name="TSelf">The key itself.</typeparam>
public interface IFlowKey<TSelf> : IHashKey<TSelf>
    where TSelf : unmanaged, IFlowKey<TSelf>
{
    /// <summary>The key of the packets that flow the other way: addresses and ports exchanged.</summary>
    static abstract TSelf Reverse(in TSelf key);
}
