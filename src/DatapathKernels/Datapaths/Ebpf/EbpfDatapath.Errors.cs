using System.Runtime.CompilerServices;
using DatapathKernels.Conntrack;
using DatapathKernels.Maps;
using DatapathKernels.Packets;

namespace DatapathKernels.Datapaths;

/// <content>ICMP errors about known flows: whoever gets one finds its own packet quoted in it.</content>
public sealed unsafe partial class EbpfDatapath
{
    [MethodImpl(MethodImplOptions.NoInlining)]
    private PacketFate RunError(in PacketBurst burst, int index, in PacketInfo info, in FlowKeyV6 arrived, uint now)
    {
        Span<byte> frame = burst[index];
        QuotedPacketParser.Parse(frame, info, 0, out FlowKeyV4 v4, out FlowKeyV6 v6, out PacketInfo quoted);
        if (!quoted.HasKey || (quoted.Flags & PacketFlags.NonFirstFragment) != 0)
            return PacketFate.Drop(DropReason.Invalid);
        FlowKeyV6 inner = (quoted.Flags & PacketFlags.Ipv4) != 0 ? ConntrackTable.KeyOf(v4) : v6;
        FlowKeyV6 key = arrived;
        bool known = TryTranslateAnswered(frame, info, quoted, ref inner, ref key, now) | TryTranslateAsked(frame, info, quoted, inner, ref key, now);
        if (IsTraced)
            Step("connection map", known ? "an error about a known flow" : "an error about nothing known", CostClass.Lookup);
        if (!known)
            return PacketFate.Drop(DropReason.Invalid);
        PacketChecksums.WriteTransport(frame, info);
        return Send(burst, index, info, key, null, FromHost, now);
    }

    /// <summary>The quoted packet went to a backend, perhaps in the node's name: its sender knows it by its own address and the service's.</summary>
    private bool TryTranslateAnswered(Span<byte> frame, in PacketInfo info, in PacketInfo quoted, ref FlowKeyV6 inner, ref FlowKeyV6 key, uint now)
    {
        FlowKeyV6 answer = new(inner.Destination, inner.Source, inner.DestinationPortBe, inner.SourcePortBe, inner.Protocol, AnswerScope);
        if (_translations.Count > 0 && _translations.TryFind(answer, out EbpfTranslation own))
        {
            Quote(frame, info, quoted, own.Address, own.PortBe, destination: false);
            SetDestination(frame, info, own.Address, 0);
            inner = ConnectionKeys.WithSource(inner, own.Address, own.PortBe);
            key = ConnectionKeys.WithDestination(key, own.Address, key.DestinationPortBe);
        }

        EbpfConnection* entry = Find(inner, now);
        if (entry == null)
            return false;
        if (entry->Number == 0 || _frontends[entry->Number - 1] is not { } name)
            return true;
        Quote(frame, info, quoted, name.Key.Destination, name.Key.DestinationPortBe, destination: true);
        if (key.Source == inner.Destination)
            SetSource(frame, info, name.Key.Destination, 0);
        return true;
    }

    /// <summary>The quoted packet was an answer in a service's name: the backend knows it by its own.</summary>
    private bool TryTranslateAsked(Span<byte> frame, in PacketInfo info, in PacketInfo quoted, in FlowKeyV6 inner, ref FlowKeyV6 key, uint now)
    {
        if (!ConnectionKeys.TryInvert(inner, out FlowKeyV6 asked))
            return false;
        EbpfConnection* entry = Find(InScope(asked, ServiceScope), now);
        if (entry == null)
            return Find(asked, now) != null;
        ref EbpfBackend backend = ref _backends[entry->Number - 1];
        Quote(frame, info, quoted, backend.Address, backend.PortBe, destination: false);
        SetDestination(frame, info, backend.Address, 0);
        key = ConnectionKeys.WithDestination(key, backend.Address, key.DestinationPortBe);
        return true;
    }

    private static void Quote(Span<byte> frame, in PacketInfo info, in PacketInfo quoted, in IPv6Address address, ushort portBe, bool destination) =>
        QuotedRewriter.Write(frame[..(info.L3Offset + (int)info.L3Length)], quoted, ConnectionKeys.Wire((info.Flags & PacketFlags.Ipv4) != 0, address), portBe, destination);
}
