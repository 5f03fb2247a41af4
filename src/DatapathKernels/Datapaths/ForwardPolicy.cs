using DatapathKernels.Diagnostics;
using DatapathKernels.Filtering;
using DatapathKernels.Packets;

namespace DatapathKernels.Datapaths;

/// <summary>Network policy as chains of the filter table's FORWARD hook, one matcher a family: the form for the datapaths that have rules.</summary>
public sealed class ForwardPolicy
{
    private readonly ChainMatcher?[] _chains;

    /// <summary>Takes the matchers; they stay the caller's.</summary>
    /// <exception cref="ArgumentException">A matcher of the other family.</exception>
    public ForwardPolicy(ChainMatcher? v4, ChainMatcher? v6)
    {
        if (v4?.Family == IpFamily.V6 || v6?.Family == IpFamily.V4)
            Throw.Argument(nameof(v4), "expected the chains of IPv4 first, then those of IPv6");
        _chains = [v4, v6];
        v4?.Settle();
        v6?.Settle();
    }

    /// <summary>True when the chains of IPv4 accept a plain packet of an established connection by what they know of it already.</summary>
    internal bool IsSettledV4(in SettledPacket packet) => _chains[0] is not { } chains || chains.IsSettled(Hook.Forward, packet);

    /// <summary>Counts such a packet.</summary>
    internal void CountV4(in SettledPacket packet, uint bytes) => _chains[0]?.TryPassSettled(Hook.Forward, packet, bytes);

    /// <summary>Asks the chains of a packet's family. False with their verdict when they do not accept it.</summary>
    internal bool Allows(Span<byte> frame, in PacketInfo info, ref PacketMeta meta, ref PacketRandom random, ref TrackedConnections connections, out PacketVerdict verdict)
    {
        verdict = default;
        if (_chains[(info.Flags & PacketFlags.Ipv4) != 0 ? 0 : 1] is not { } chains)
            return true;
        if (meta.State == ConnectionStates.Established && meta.Mark == 0 && info.Status == ParseStatus.Ok && chains.TryPassSettled(Hook.Forward, info.L3Length))
            return true;
        chains.RunHook(Hook.Forward, frame, info, ref meta, ref random, ref connections, out verdict);
        return verdict.Kind == VerdictKind.Accept;
    }
}
