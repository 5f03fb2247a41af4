using System.Runtime.CompilerServices;
using DatapathKernels.Conntrack;
using DatapathKernels.Filtering;
using DatapathKernels.Packets;

namespace DatapathKernels.Datapaths;

/// <summary>
/// A node with connection tracking and rules at the kernel's hooks: PREROUTING, then INPUT, or FORWARD and POSTROUTING; OUTPUT and POSTROUTING for what the node sends.
/// </summary>
/// <remarks>
/// Plain packets of established connections (whole TCP or UDP over IPv4, and nearly all packets are) take a short way where the rules say the same to all of them, as
/// kube-proxy's do: tracked, translated by their connection, counted by the rules that they would match, routed. What meets anything else goes on from there in the long way.
/// </remarks>
[SkipLocalsInit]
public abstract unsafe class TrackedDatapath : Datapath
{
    private readonly uint[] _hints = new uint[PacketBurst.MaxCount];
    private PacketRandom _random;

    private protected TrackedDatapath(NodeNetwork network, ConntrackTable connections, ForwardPolicy? policy, uint seed)
        : base(network)
    {
        ArgumentNullException.ThrowIfNull(connections);
        (Connections, Policy, _random) = (connections, policy, new PacketRandom(seed));
    }

    /// <summary>The node's connections.</summary>
    private protected ConntrackTable Connections { get; }

    /// <summary>Network policy as chains; null for none.</summary>
    private protected ForwardPolicy? Policy { get; }

    /// <summary>Where rules draw.</summary>
    private protected ref PacketRandom Random => ref _random;

    /// <inheritdoc/>
    private protected override bool AnswersInTheNameAsked => true;

    /// <summary>True when packets of established connections are translated in IPv4.</summary>
    private protected abstract bool TranslatesV4 { get; }

    private protected override void RunBurst(in Arrivals arrivals, Span<PacketFate> fates)
    {
        int count = arrivals.Burst.Count;
        for (int i = 0; i < count; i++)
        {
            if ((Infos[i].Flags & PacketFlags.Ipv4) != 0)
                Keys[i] = ConntrackTable.KeyOf(KeysV4[i]);
        }

        Prepare(count);
        ulong plain = IsTraced || !IsSettledV4(Hook.PreRouting) ? 0 : FindPlain(arrivals);
        PlainWay way = new(Network, arrivals);
        for (int i = 0; i < count; i++)
        {
            if (((plain >> i) & 1) != 0)
            {
                fates[i] = RunPlain(ref way, arrivals, i);
                continue;
            }

            fates[i] = RunOne(arrivals, i);
            Count(fates[i], 1);
        }

        Wrap(ref way, fates);
        Count(way);
    }

    /// <summary>Asks the memory for what so many packets will need.</summary>
    private protected virtual void Prepare(int count) => Connections.Prepare(Keys.AsSpan(0, count), _hints, translates: true);

    private protected override PacketFate Run(in PacketBurst burst, int index, in PacketInfo info, in FlowKeyV6 key, ushort inInterface, long nowMs)
    {
        bool own = inInterface == FromHost;
        PacketMeta meta = new() { NowMs = nowMs, InInterface = own ? (ushort)0 : inInterface };
        TrackedConnections connections = new(Connections, key, _hints[index]);
        return RunArrived(burst, index, info, key, own, ref meta, ref connections);
    }

    /// <summary>From the first hook on.</summary>
    private PacketFate RunArrived(in PacketBurst burst, int index, in PacketInfo info, in FlowKeyV6 key, bool own, ref PacketMeta meta, ref TrackedConnections connections)
    {
        if (own)
            meta.OutInterface = InterfaceTo(Network.Route(burst[index], info));
        return Pass(own ? Hook.Output : Hook.PreRouting, burst, index, info, ref meta, ref connections, out PacketFate fate)
            ? RunRouted(burst, index, info, key, own, ref meta, ref connections)
            : fate;
    }

    /// <summary>From the routing decision on: to the node itself, or forwarded.</summary>
    private protected virtual PacketFate RunRouted(in PacketBurst burst, int index, in PacketInfo info, in FlowKeyV6 key, bool own, ref PacketMeta meta, ref TrackedConnections connections)
    {
        PacketFate fate = default;
        int hop = Network.Route(burst[index], info);
        if (hop >= 0 && Network.HopOf(hop).Kind == RouteTargetKind.Host)
            return Pass(Hook.Input, burst, index, info, ref meta, ref connections, out fate) ? Emit(burst, index, key, hop) : fate;
        if (hop < 0 || (!own && !TryForward(burst, index, info, hop, out fate)))
        {
            connections.Forget();
            return hop < 0 ? PacketFate.Drop(DropReason.NoRoute) : fate;
        }

        meta.OutInterface = InterfaceTo(hop);
        if (!own && (!Pass(Hook.Forward, burst, index, info, ref meta, ref connections, out fate) || !IsAllowed(burst, index, info, ref meta, ref connections, out fate)))
            return fate;
        meta.InInterface = 0;
        return Pass(Hook.PostRouting, burst, index, info, ref meta, ref connections, out fate) ? Emit(burst, index, key, hop) : fate;
    }

    /// <summary>A plain packet, which is counted here too.</summary>
    private PacketFate RunPlain(ref PlainWay way, in Arrivals arrivals, int index)
    {
        ref readonly PacketInfo info = ref Infos[index];
        byte* frame = way.Frame(index);
        TrackedPacket packet = Connections.TrackPrepared(new ReadOnlySpan<byte>(frame, way.Length(index)), info, Keys[index], _hints[index], arrivals.NowMs);
        if (packet.State != TrackedAs.Established || !Connections.IsConfirmed(packet.Id) || !TryCountV4(Hook.PreRouting, info.L3Length))
            return RunTracked(arrivals, index, packet, isRouted: false);
        if (TranslatesV4 && Connections.TryTranslate(packet, destination: true, out uint addressBe, out ushort portBe))
            PlainRewriter.SetDestination(frame, info, addressBe, portBe);
        int hop = Network.RouteV4(PlainRewriter.DestinationBe(frame, info));
        return IsSettledV4(Hook.PostRouting)
            ? RunPlainRouted(ref way, arrivals, index, frame, packet, hop)
            : RunTracked(arrivals, index, packet, isRouted: true);
    }

    /// <summary>A plain packet of an established connection from the routing decision on. The rules of POSTROUTING are settled.</summary>
    private protected virtual PacketFate RunPlainRouted(ref PlainWay way, in Arrivals arrivals, int index, byte* frame, in TrackedPacket packet, int hop)
    {
        uint bytes = Infos[index].L3Length;
        if (!CanGo(index, frame, hop) || (Policy is not null && !IsPlainAllowed(arrivals, index, frame, hop)) || !TryCountV4(Hook.Forward, bytes))
            return RunTracked(arrivals, index, packet, isRouted: true);
        PlainRewriter.LowerTimeToLive(frame, Infos[index]);
        Policy?.CountV4(AskedOf(arrivals, index, frame, hop), bytes);
        return LeavePlain(ref way, index, frame, packet, hop);
    }

    /// <summary>True where a policy's rules accept a plain packet of an established connection, and need not be walked.</summary>
    private protected bool IsPlainAllowed(in Arrivals arrivals, int index, byte* frame, int hop) => Policy is null || Policy.IsSettledV4(AskedOf(arrivals, index, frame, hop));

    /// <summary>What settled rules may ask of a plain packet as it is now.</summary>
    /// <param name="arrivals">The burst.</param>
    /// <param name="index">The packet.</param>
    /// <param name="frame">Its first byte.</param>
    /// <param name="hop">Its next hop; negative for none.</param>
    private protected SettledPacket AskedOf(in Arrivals arrivals, int index, byte* frame, int hop)
    {
        ref readonly PacketInfo info = ref Infos[index];
        return new SettledPacket(
            PlainRewriter.DestinationBe(frame, info), PlainRewriter.DestinationPortBe(frame, info), info.Protocol, InterfaceOf(arrivals, index), hop < 0 ? (ushort)0 : Network.NextHopOf(hop).Interface);
    }

    /// <summary>The last of a plain packet's way: POSTROUTING, and its next hop.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private protected PacketFate LeavePlain(ref PlainWay way, int index, byte* frame, in TrackedPacket packet, int hop)
    {
        TryCountV4(Hook.PostRouting, Infos[index].L3Length);
        if (TranslatesV4 && Connections.TryTranslate(packet, destination: false, out uint addressBe, out ushort portBe))
            PlainRewriter.SetSource(frame, Infos[index], addressBe, portBe);
        return EmitPlain(ref way, index, frame, KeysV4[index], hop);
    }

    /// <summary>A packet that was tracked already, in the long way.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private protected PacketFate RunTracked(in Arrivals arrivals, int index, in TrackedPacket packet, bool isRouted)
    {
        ref readonly PacketInfo info = ref Infos[index];
        PacketMeta meta = new() { NowMs = arrivals.NowMs, InInterface = InterfaceOf(arrivals, index) };
        TrackedConnections connections = new(Connections, packet);
        if (isRouted)
            connections.Track(default, info, ref meta);
        PacketFate fate = isRouted
            ? RunRouted(arrivals.Burst, index, info, Keys[index], own: false, ref meta, ref connections)
            : RunArrived(arrivals.Burst, index, info, Keys[index], own: false, ref meta, ref connections);
        Count(fate, 1);
        return fate;
    }

    /// <summary>Runs the rules of a hook.</summary>
    private protected abstract bool Pass(Hook hook, in PacketBurst burst, int index, in PacketInfo info, ref PacketMeta meta, ref TrackedConnections connections, out PacketFate fate);

    /// <summary>True when a hook's rules accept every plain packet of an established connection.</summary>
    private protected abstract bool IsSettledV4(Hook hook);

    /// <summary>Counts such a packet; false when the rules are not settled any more.</summary>
    private protected abstract bool TryCountV4(Hook hook, uint bytes);

    private protected bool IsAllowed(in PacketBurst burst, int index, in PacketInfo info, ref PacketMeta meta, ref TrackedConnections connections, out PacketFate fate) =>
        TryPolicy(Policy, burst, index, info, ref meta, ref _random, ref connections, out fate);

    /// <summary>Nothing: the parts are the caller's.</summary>
    private protected override void Release()
    {
    }

    private ushort InterfaceTo(int hop) => hop < 0 ? (ushort)0 : Network.HopOf(hop).Interface;
}
