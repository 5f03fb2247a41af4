using DatapathKernels.Packets;

namespace DatapathKernels.Filtering;

/// <summary>Walks the rules one by one, as the kernel does. (API shape; the engine follows.)</summary>
public sealed partial class LinearMatcher : IDisposable
{
    /// <summary>Compiles a ruleset.</summary>
    /// <exception cref="RulesetException">Chains call one another in a circle, or too deep, or a jump leads nowhere.</exception>
    public LinearMatcher(Ruleset ruleset, MatcherOptions? options = null) => throw new NotImplementedException();

    /// <summary>The number of an interface for <see cref="PacketMeta"/>; 0 when it is not one of <see cref="MatcherOptions.Interfaces"/>.</summary>
    public ushort InterfaceId(string name) => throw new NotImplementedException();

    /// <summary>The chain of that name; false when the table or the chain is not there.</summary>
    public bool Find(TableKind table, string chain, out ChainId id) => throw new NotImplementedException();

    /// <summary>The rule of that number (<see cref="PacketVerdict.Rule"/>).</summary>
    public Rule RuleAt(int rule) => throw new NotImplementedException();

    /// <summary>Walks one chain (and what it jumps to) with one packet.</summary>
    public void Evaluate<TRandom>(ChainId chain, Span<byte> frame, in PacketInfo info, ref PacketMeta meta, ref TRandom random, out PacketVerdict verdict)
        where TRandom : struct, IRandomSource => throw new NotImplementedException();

    /// <summary>Runs every table of one hook in the kernel's order, connection tracking and nat included.</summary>
    public void RunHook<TRandom, TConnections>(Hook hook, Span<byte> frame, in PacketInfo info, ref PacketMeta meta, ref TRandom random, ref TConnections connections, out PacketVerdict verdict)
        where TRandom : struct, IRandomSource
        where TConnections : struct, IConnectionState => throw new NotImplementedException();

    /// <summary>
    /// Runs a packet that arrived through the node: PREROUTING, then INPUT when its destination is local by then, otherwise
    /// FORWARD and POSTROUTING.
    /// </summary>
    public void Traverse<TRandom, TConnections>(Span<byte> frame, in PacketInfo info, ref PacketMeta meta, ref TRandom random, ref TConnections connections, out PacketVerdict verdict)
        where TRandom : struct, IRandomSource
        where TConnections : struct, IConnectionState => throw new NotImplementedException();

    /// <summary>Gives the memory back.</summary>
    public void Dispose()
    {
    }
}
