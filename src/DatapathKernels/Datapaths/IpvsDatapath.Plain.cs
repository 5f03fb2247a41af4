using System.Runtime.CompilerServices;
using DatapathKernels.Conntrack;
using DatapathKernels.Filtering;
using DatapathKernels.LoadBalancing;
using DatapathKernels.Packets;

namespace DatapathKernels.Datapaths;

/// <content>Plain packets of established connections: the same way, without asking rules what they say to all such packets, or said before to packets to the same destination.</content>
public sealed unsafe partial class IpvsDatapath
{
    private protected override PacketFate RunPlainRouted(ref PlainWay way, in Arrivals arrivals, int index, byte* frame, in TrackedPacket packet, int hop)
    {
        ref readonly PacketInfo info = ref Infos[index];
        bool local = hop >= 0 && Network.NextHopOf(hop).Kind == RouteTargetKind.Host;
        if ((!local && !(CanGo(index, frame, hop) && IsPlainAllowed(arrivals, index, frame, hop)))
            || !TryCountV4(local ? Hook.Input : Hook.Forward, AskedOf(arrivals, index, frame, local ? -1 : hop), info.L3Length))
        {
            return RunTracked(arrivals, index, packet, isRouted: true);
        }

        if (!local)
            PassForward(arrivals, index, frame, hop);
        bool translated = ((ConnectionStatuses)Connections.StatusOf(packet.Id) & Translated) != 0;
        IpvsStatus status = Balance(new Span<byte>(frame, way.Length(index)), index, info, mark: 0, arrivals.NowMs, translated, out IpvsVerdict verdict);
        bool goes = status is IpvsStatus.Forwarded or IpvsStatus.Replied && !verdict.IsNew;
        if (local && goes)
        {
            hop = Network.RouteV4(PlainRewriter.DestinationBe(frame, info));
            goes = CanGo(index, frame, hop) && IsPlainAllowed(arrivals, index, frame, hop);
        }

        if (!goes && (local || status != IpvsStatus.NotOurs))
            return RunBalanced(arrivals, index, packet, local ? Local : hop, status, verdict);
        if (local)
            PassForward(arrivals, index, frame, hop);
        return LeavePlain(ref way, index, frame, packet, hop);
    }

    private void PassForward(in Arrivals arrivals, int index, byte* frame, int hop)
    {
        Policy?.CountV4(AskedOf(arrivals, index, frame, hop), Infos[index].L3Length);
        PlainRewriter.LowerTimeToLive(frame, Infos[index]);
    }

    /// <summary>A packet about which IPVS was asked already, in the long way.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private PacketFate RunBalanced(in Arrivals arrivals, int index, in TrackedPacket packet, int hop, IpvsStatus status, in IpvsVerdict verdict)
    {
        ref readonly PacketInfo info = ref Infos[index];
        PacketMeta meta = new() { NowMs = arrivals.NowMs, InInterface = InterfaceOf(arrivals, index), OutInterface = hop == Local ? (ushort)0 : Network.HopOf(hop).Interface };
        TrackedConnections connections = new(Connections, packet);
        connections.Track(default, info, ref meta);
        PacketFate fate = RunBalanced(arrivals.Burst, index, info, Keys[index], own: false, hop, status, verdict, ref meta, ref connections);
        Count(fate, 1);
        return fate;
    }
}
