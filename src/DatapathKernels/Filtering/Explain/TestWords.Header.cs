using DatapathKernels.Packets;

namespace DatapathKernels.Filtering;

/// <content>Header fields.</content>
internal sealed unsafe partial class TestWords
{
    private bool TryHeader(RuleMatch match)
    {
        switch (match)
        {
            case TtlMatch ttl:
                bool fits = ttl.Test switch
                {
                    TtlTest.Equal => Ttl == ttl.Value,
                    TtlTest.Less => Ttl < ttl.Value,
                    _ => Ttl > ttl.Value,
                };
                string sign = ttl.Test == TtlTest.Equal ? "" : ttl.Test == TtlTest.Less ? "below " : "above ";
                Add(ttl.Family == IpFamily.V4 ? "ttl" : "hop limit", $"{Ttl}", $"{sign}{ttl.Value}", ttl.Negated, fits);
                return true;
            case LengthMatch length:
                uint bytes = _info.L3Length + _meta->GrownBytes;
                Add("length", $"{bytes}", new PortRange(length.Low, length.High).ToString(), length.Negated, bytes >= length.Low && bytes <= length.High);
                return true;
            case DscpMatch dscp:
                Add("DSCP", $"0x{TrafficClass >> 2:x2}", $"0x{dscp.Value:x2}", dscp.Negated, TrafficClass >> 2 == dscp.Value);
                return true;
            case TosMatch tos:
                Add("TOS", $"0x{TrafficClass:x2}", $"0x{tos.Value:x2}/0x{tos.Mask:x2}", tos.Negated, (TrafficClass & tos.Mask) == tos.Value);
                return true;
            case EcnMatch ecn:
                AddEcn(ecn);
                return true;
            case IpRangeMatch range:
                AddRange(PacketSide.Source, range.Source, range.SourceNegated);
                AddRange(PacketSide.Destination, range.Destination, range.DestinationNegated);
                return true;
            case U32Match u32:
                bool holds = u32.Expression.Fits(Datagram);
                Add("u32", holds ? "true" : "false", u32.Expression.ToString(), u32.Negated, holds);
                return true;
            case MacMatch mac:
                bool has = ChainMatcher.HasEthernet(_info);
                Add("Ethernet header", has ? "(present)" : "(missing)", "present", false, has);
                MacAddress source = has ? new MacAddress(new ReadOnlySpan<byte>(_frame, _frameLength)[6..]) : default;
                Add("Ethernet source", source.ToString(), mac.Source.ToString(), mac.Negated, source == mac.Source);
                return true;
            case CommentMatch:
                return true;
            default:
                return false;
        }
    }

    private byte TrafficClass => program.Family == IpFamily.V4 ? Datagram[1] : (byte)((Datagram[0] << 4) | (Datagram[1] >> 4));

    private void AddEcn(EcnMatch ecn)
    {
        if (ecn.CodePoint is { } point)
            Add("ECN", $"{TrafficClass & 3}", $"{point}", ecn.CodePointNegated, (TrafficClass & 3) == point);
        if (ecn.Ece is null && ecn.Cwr is null)
            return;
        AddProtocol(IpProtocol.Tcp, false);
        bool there = ChainMatcher.TryEcnFlags(new ReadOnlySpan<byte>(_frame, _frameLength), _info, out byte flags);
        Add("transport header", there ? "(present)" : "(missing)", "present", false, there);
        if (ecn.Ece is { } ece)
            Add("TCP flags", Flags(flags), "with ECE", !ece, (flags & 0x40) != 0);
        if (ecn.Cwr is { } cwr)
            Add("TCP flags", Flags(flags), "with CWR", !cwr, (flags & 0x80) != 0);
    }

    private void AddRange(PacketSide side, IpAddressRange? range, bool negated)
    {
        if (range is { } asked)
            Add(NameOf(side), Text(AddressOf(side)), asked.ToString(), negated, asked.Contains(AddressOf(side)));
    }
}
