using DatapathKernels.Packets;

namespace DatapathKernels.Filtering.Nft;

/// <content>What a packet answers to the tests.</content>
public sealed partial class NftMatcher
{
    private bool Fits(in NftOp op, in PacketView view, in PacketMeta meta)
    {
        if (op.Code == NftOpCode.Member)
            return TryLookUp(_program.Lookups[op.Index], view, meta, out bool member) && member != op.Negated;
        if (op.Code == NftOpCode.Never || !TryLoad(op.Field, view, meta, out ulong high, out ulong low))
            return false;
        bool fits;
        switch (op.Code)
        {
            case NftOpCode.Equal:
                fits = (low & op.Mask) == op.Value;
                break;
            case NftOpCode.AnyBit:
                fits = (low & op.Mask) != 0;
                break;
            case NftOpCode.Between:
                fits = low >= op.Mask && low <= op.Value;
                break;
            default:
                (UInt128 first, UInt128 last) = _program.WideRanges[op.Index];
                UInt128 wide = new(high, low);
                fits = wide >= first && wide <= last;
                break;
        }

        return fits != op.Negated;
    }

    /// <summary>Reads a field; false when the packet has no such thing. Of all but IPv6 addresses the high word is 0.</summary>
    private bool TryLoad(NftField field, in PacketView view, in PacketMeta meta, out ulong high, out ulong low)
    {
        high = 0;
        low = 0;
        switch (field)
        {
            case NftField.SourceV4:
                low = (ulong)view.AddressOf(IpFamily.V4, PacketSide.Source);
                return true;
            case NftField.DestinationV4:
                low = (ulong)view.AddressOf(IpFamily.V4, PacketSide.Destination);
                return true;
            case NftField.SourceV6:
                Split(view.AddressOf(IpFamily.V6, PacketSide.Source), out high, out low);
                return true;
            case NftField.DestinationV6:
                Split(view.AddressOf(IpFamily.V6, PacketSide.Destination), out high, out low);
                return true;
            case NftField.Protocol:
                low = view.Protocol;
                return true;
            case NftField.State:
                low = (ulong)(meta.State == ConnectionStates.None ? ConnectionStates.Invalid : meta.State);
                return true;
            case NftField.Status:
                low = (ulong)meta.Status;
                return true;
            case NftField.Mark:
                low = meta.Mark;
                return true;
            case NftField.ConnectionMark:
                low = meta.ConnectionMark;
                return true;
            case NftField.InInterface:
                low = meta.InInterface;
                return true;
            case NftField.OutInterface:
                low = meta.OutInterface;
                return true;
            case NftField.SourceType:
                low = (ulong)TypeOf(view, PacketSide.Source);
                return true;
            case NftField.DestinationType:
                low = (ulong)TypeOf(view, PacketSide.Destination);
                return true;
            default:
                return TryLoadPort(field, view, out low);
        }
    }

    private static bool TryLoadPort(NftField field, in PacketView view, out ulong port)
    {
        bool source = field is NftField.SourcePort or NftField.TcpSourcePort or NftField.UdpSourcePort or NftField.SctpSourcePort;
        port = source ? view.SourcePort : view.DestinationPort;
        IpProtocol protocol = (IpProtocol)view.Protocol;
        bool fits = field switch
        {
            NftField.TcpSourcePort or NftField.TcpDestinationPort => protocol == IpProtocol.Tcp,
            NftField.UdpSourcePort or NftField.UdpDestinationPort => protocol == IpProtocol.Udp,
            NftField.SctpSourcePort or NftField.SctpDestinationPort => protocol == IpProtocol.Sctp,
            _ => protocol is IpProtocol.Tcp or IpProtocol.Udp or IpProtocol.Sctp or IpProtocol.UdpLite or IpProtocol.Dccp,
        };
        return fits && (view.Transport & PacketView.HasTransport) != 0;
    }

    /// <summary>One type, as <c>nft_fib</c> gives it: an IPv6 address of the node is local and not unicast too.</summary>
    private AddressTypes TypeOf(in PacketView view, PacketSide side)
    {
        UInt128 address = view.AddressOf(_program.Family, side);
        AddressTypes types = _program.Family == IpFamily.V4 ? _addresses.KindOfV4((uint)address) : _addresses.KindOfV6(address);
        return (types & AddressTypes.Local) != 0 ? AddressTypes.Local : types;
    }

    private static void Split(UInt128 value, out ulong high, out ulong low)
    {
        high = (ulong)(value >> 64);
        low = (ulong)value;
    }
}
