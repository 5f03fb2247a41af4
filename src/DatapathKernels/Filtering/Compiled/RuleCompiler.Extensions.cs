using System.Runtime.InteropServices;
using DatapathKernels.Packets;

namespace DatapathKernels.Filtering;

/// <content>The extensions that are always tested behind the head: header fields, what the node knows of a packet, memory.</content>
internal sealed partial class RuleCompiler
{
    private bool TryCompileHeader(RuleMatch match)
    {
        switch (match)
        {
            case CommentMatch:
                return true;
            case TtlMatch ttl:
                (uint low, uint high) = ttl.Test switch
                {
                    TtlTest.Equal => (ttl.Value, ttl.Value),
                    TtlTest.Less => (0u, ttl.Value - 1u),
                    _ => (ttl.Value + 1u, byte.MaxValue),
                };
                if (ttl is { Test: TtlTest.Less, Value: 0 })
                    Extra(ExtraKind.Never, false);
                else
                    Extra(ExtraKind.Ttl, ttl.Negated, b: low, c: high);
                return true;
            case LengthMatch length:
                Extra(ExtraKind.Length, length.Negated, b: length.Low, c: length.High);
                return true;
            case DscpMatch dscp:
                Extra(ExtraKind.TrafficClass, dscp.Negated, b: (uint)dscp.Value << 2, c: 0xfc);
                return true;
            case TosMatch tos:
                Extra(ExtraKind.TrafficClass, tos.Negated, b: tos.Value, c: tos.Mask);
                return true;
            case IpRangeMatch range:
                if (range.Source is { } source)
                    Extra(ExtraKind.AddressRange, range.SourceNegated, (int)PacketSide.Source, Append(_ranges, source));
                if (range.Destination is { } destination)
                    Extra(ExtraKind.AddressRange, range.DestinationNegated, (int)PacketSide.Destination, Append(_ranges, destination));
                return true;
            case U32Match u32:
                Extra(ExtraKind.U32, u32.Negated, b: Append(_expressions, u32.Expression));
                return true;
            case MacMatch mac:
                Span<byte> bytes = stackalloc byte[MacAddress.Size];
                mac.Source.CopyTo(bytes);
                Extra(ExtraKind.Mac, mac.Negated, MemoryMarshal.Read<ushort>(bytes[4..]), MemoryMarshal.Read<uint>(bytes));
                return true;
            default:
                return false;
        }
    }

    /// <summary>The kernel refuses tests of TCP's flags in rules without <c>-p tcp</c>; here they imply it.</summary>
    private void CompileEcn(EcnMatch ecn, ref HeadTests head)
    {
        const uint Ece = 0x40, Cwr = 0x80;
        if (ecn.CodePoint is { } point)
            Extra(ExtraKind.TrafficClass, ecn.CodePointNegated, b: point, c: 3);
        if (ecn.Ece is { } ece)
            Extra(ExtraKind.EcnFlags, !ece, b: Ece);
        if (ecn.Cwr is { } cwr)
            Extra(ExtraKind.EcnFlags, !cwr, b: Cwr);
        if (ecn.Ece is not null || ecn.Cwr is not null)
            CompileProtocol(IpProtocol.Tcp, ref head);
    }

    private bool TryCompileMeta(RuleMatch match)
    {
        switch (match)
        {
            case MarkMatch mark:
                Extra(mark.OfConnection ? ExtraKind.ConnectionMark : ExtraKind.Mark, mark.Negated, b: mark.Value, c: mark.Mask);
                return true;
            case ConntrackMatch conntrack:
                CompileConntrack(conntrack);
                return true;
            case AddressTypeMatch type:
                if (type.Source != AddressTypes.None)
                    Extra(ExtraKind.AddressType, type.SourceNegated, (int)PacketSide.Source, (uint)type.Source);
                if (type.Destination != AddressTypes.None)
                    Extra(ExtraKind.AddressType, type.DestinationNegated, (int)PacketSide.Destination, (uint)type.Destination);
                return true;
            case PacketTypeMatch type:
                Extra(ExtraKind.PacketType, type.Negated, (int)type.Type);
                return true;
            case SetMatch set when TryFindSet(set.Name, out uint number):
                Extra(ExtraKind.Set, set.Negated, set.Directions.Packed, number, set.ReturnNoMatch ? 1u : 0u);
                return true;
            default:
                return false;
        }
    }

    private void CompileConntrack(ConntrackMatch conntrack)
    {
        int fitsWithout = 0;
        if (conntrack.States != ConnectionStates.None)
        {
            Extra(ExtraKind.State, conntrack.StatesNegated, (int)conntrack.States);
            fitsWithout = 1;
        }

        foreach (ConnectionTest test in conntrack.Tests)
            Extra(ExtraKind.Connection, test.Negated, fitsWithout, Append(_connectionTests, test with { Negated = false }));
        if (conntrack.Statuses is { } statuses)
            Extra(ExtraKind.Status, conntrack.StatusesNegated, (int)statuses, (uint)fitsWithout);
    }

    private bool TryCompileMemory(RuleMatch match)
    {
        switch (match)
        {
            case StatisticMatch { Mode: StatisticMode.Random } random:
                Extra(ExtraKind.Random, random.Negated, b: random.Threshold);
                return true;
            case StatisticMatch nth:
                // The kernel starts the counter so that packet number Packet is the first to reach zero.
                Extra(ExtraKind.Nth, nth.Negated, b: Append(_nth, nth.Every - 1 - nth.Packet), c: nth.Every - 1);
                return true;
            case RecentMatch recent:
                CompileRecent(recent);
                return true;
            case LimitMatch limit:
                if (!LimitTest.TryMake(limit, out LimitTest test))
                    throw new RulesetException($"{ChainGraph.Where(_place.Chain, _place.Index)}: limit of one packet in {limit.Period} ten-thousandths of a second with burst {limit.Burst}: too long for the kernel's bucket; try a lower burst");
                Extra(ExtraKind.Limit, false, b: Append(_limits, test));
                return true;
            default:
                return false;
        }
    }

    /// <summary>As in the kernel, the first rule that names a list gives it its mask.</summary>
    private void CompileRecent(RecentMatch recent)
    {
        if (!_recentLists.TryGetValue(recent.Name, out (int Number, UInt128 Mask) list))
            _recentLists.Add(recent.Name, list = (_recentLists.Count, recent.Mask));
        _recentStamps = (int)Math.Max((uint)_recentStamps, System.Numerics.BitOperations.RoundUpToPowerOf2(Math.Min(recent.HitCount, RecentMatch.MaxHitCount)));
        RecentTest test = new(recent.Mode, list.Number, recent.Side, list.Mask, recent.Seconds * 1000L, recent.HitCount, recent.Reap, recent.SameTtl);
        Extra(ExtraKind.Recent, recent.Negated, b: Append(_recent, test));
    }

    private void CompileUnknown()
    {
        if (_options.Unknown != UnknownPolicy.Always)
            Extra(_options.Unknown == UnknownPolicy.Never ? ExtraKind.Never : ExtraKind.Unknown, false);
    }
}
