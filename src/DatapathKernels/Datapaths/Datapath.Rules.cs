using System.Runtime.CompilerServices;
using DatapathKernels.Conntrack;
using DatapathKernels.Filtering;
using DatapathKernels.Filtering.Nft;
using DatapathKernels.Packets;

namespace DatapathKernels.Datapaths;

/// <content>Chains of rules, for the datapaths that have them.</content>
public abstract partial class Datapath
{
    /// <summary>
    /// One hook. Without rules its connection tracking is still done: the connection is found where packets come in, and confirmed where they leave. When the packet goes no
    /// further, the fate says why.
    /// </summary>
    private protected bool TryRules(
        ChainMatcher? rules, Hook hook, in PacketBurst burst, int index, in PacketInfo info, ref PacketMeta meta, ref PacketRandom random, ref TrackedConnections connections, out PacketFate fate)
    {
        fate = default;
        if (rules is null)
            return TryTrack(hook, burst, index, info, ref meta, ref connections, out fate);
        if (MayBeSettled(rules.IsSettled(hook), hook, burst, index, info, ref meta, ref connections) && rules.TryPassSettled(hook, info.L3Length))
            return PassSettled(rules.HasNat, hook, burst, index, info, ref connections);
        rules.RunHook(hook, burst[index], info, ref meta, ref random, ref connections, out PacketVerdict verdict);
        if (IsTraced)
            TellHook("iptables", hook, verdict, meta, rules is IndexedMatcher ? CostClass.Lookup : CostClass.Linear);
        if (verdict.Kind == VerdictKind.Accept)
            return true;
        fate = Refuse(burst, index, info, meta, verdict, ref connections, DropReason.Rule);
        return false;
    }

    /// <summary>The same with nftables: what a packet meets does not grow with the number of services.</summary>
    private protected bool TryTables(
        NftMatcher? tables, Hook hook, in PacketBurst burst, int index, in PacketInfo info, ref PacketMeta meta, ref PacketRandom random, ref TrackedConnections connections, out PacketFate fate)
    {
        fate = default;
        if (tables is null)
            return TryTrack(hook, burst, index, info, ref meta, ref connections, out fate);
        if (MayBeSettled(tables.IsSettled(hook), hook, burst, index, info, ref meta, ref connections))
            return PassSettled(tables.HasNat, hook, burst, index, info, ref connections);
        tables.RunHook(hook, burst[index], info, ref meta, ref random, ref connections, out PacketVerdict verdict);
        if (IsTraced)
            TellHook("nftables", hook, verdict, meta, CostClass.Lookup);
        if (verdict.Kind == VerdictKind.Accept)
            return true;
        fate = Refuse(burst, index, info, meta, verdict, ref connections, DropReason.Rule);
        return false;
    }

    /// <summary>Network policy as chains.</summary>
    private protected bool TryPolicy(
        ForwardPolicy? policy, in PacketBurst burst, int index, in PacketInfo info, ref PacketMeta meta, ref PacketRandom random, ref TrackedConnections connections, out PacketFate fate)
    {
        fate = default;
        if (policy is null || policy.Allows(burst[index], info, ref meta, ref random, ref connections, out PacketVerdict verdict))
            return true;
        if (IsTraced)
            TellPolicy(verdict, meta);
        fate = Refuse(burst, index, info, meta, verdict, ref connections, DropReason.Policy);
        return false;
    }

    /// <summary>True for a plain packet of an established connection, where the rules of the hook are settled for it. It was tracked then.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool MayBeSettled(bool isSettled, Hook hook, in PacketBurst burst, int index, in PacketInfo info, ref PacketMeta meta, ref TrackedConnections connections)
    {
        const PacketFlags asked = PacketFlags.Transport | PacketFlags.Fragment;
        if (!isSettled || IsTraced || info.Status != ParseStatus.Ok || (info.Flags & asked) != PacketFlags.Transport || info.Protocol is not (IpProtocol.Tcp or IpProtocol.Udp))
            return false;
        if (hook is Hook.PreRouting or Hook.Output)
            connections.TrackAhead(burst[index], info, ref meta);
        return meta.State == ConnectionStates.Established && meta.Mark == 0 && (meta.Status & ConnectionStatuses.Confirmed) != 0;
    }

    /// <summary>What a hook still does for such a packet: its translation.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool PassSettled(bool hasNat, Hook hook, in PacketBurst burst, int index, in PacketInfo info, ref TrackedConnections connections)
    {
        if (hasNat && hook != Hook.Forward && !connections.StopsBeforeNat)
            connections.TranslateKnown(burst[index], info, destination: hook is Hook.PreRouting or Hook.Output);
        return true;
    }

    private static bool TryTrack(Hook hook, in PacketBurst burst, int index, in PacketInfo info, ref PacketMeta meta, ref TrackedConnections connections, out PacketFate fate)
    {
        fate = default;
        bool passes = hook switch
        {
            Hook.PreRouting or Hook.Output => connections.Track(burst[index], info, ref meta),
            Hook.PostRouting or Hook.Input => connections.Confirm(ref meta),
            _ => true,
        };
        if (passes)
            return true;
        connections.Forget();
        fate = PacketFate.Drop(DropReason.TableFull);
        return false;
    }

    private PacketFate Refuse(in PacketBurst burst, int index, in PacketInfo info, in PacketMeta meta, in PacketVerdict verdict, ref TrackedConnections connections, DropReason reason)
    {
        PacketFate fate = PacketFate.Drop(connections.Packet.State == TrackedAs.TableFull ? DropReason.TableFull : reason);
        if (verdict.Kind == VerdictKind.Reject)
        {
            fate = Reject(burst, index, info, verdict.Reject, meta, reason);
            if (verdict.Reject == RejectKind.TcpReset)
                connections.Close(meta);
        }

        connections.Forget();
        return fate;
    }
}
