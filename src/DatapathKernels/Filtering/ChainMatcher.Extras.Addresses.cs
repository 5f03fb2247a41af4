namespace DatapathKernels.Filtering;

/// <content>Tests of addresses, interfaces, ports and types.</content>
public abstract partial class ChainMatcher
{
    private static bool TestIcmp(in ExtraMatch extra, ushort typeAndCode) =>
        extra.A == 256 || (typeAndCode >> 8 == extra.A && (byte)typeAndCode >= extra.B && (byte)typeAndCode <= extra.C);

    private bool TestMultiport(in ExtraMatch extra, in PacketView view)
    {
        foreach (PortRange range in _program.PortRanges.AsSpan((int)extra.B, (int)extra.C))
        {
            if ((extra.A != (int)PacketSide.Destination && range.Contains(view.SourcePort))
                || (extra.A != (int)PacketSide.Source && range.Contains(view.DestinationPort)))
            {
                return true;
            }
        }

        return false;
    }

    private bool InSet(uint start, ushort id)
    {
        int known = id <= InterfaceCount ? id : 0;
        return (_program.InterfaceSets[start + (known / 64)] >> (known % 64) & 1) != 0;
    }

    private bool TestAddressType(in ExtraMatch extra, in PacketView view)
    {
        UInt128 address = view.AddressOf(_program.Family, (PacketSide)extra.A);
        AddressTypes asked = (AddressTypes)extra.B;
        if (_program.Family == IpFamily.V4)
            return (_addresses.KindOfV4((uint)address) & asked) != 0;

        // xt_addrtype for IPv6: each kind of scope asked for must hold, and one of the routed kinds.
        const AddressTypes Scopes = AddressTypes.Multicast | AddressTypes.Unicast | AddressTypes.Unspecified;
        const AddressTypes Routed = AddressTypes.Local | AddressTypes.Anycast | AddressTypes.Unreachable;
        AddressTypes found = _addresses.KindOfV6(address);
        return (asked & Scopes & ~found) == 0 && ((asked & Routed) == 0 || (asked & Routed & found) != 0);
    }

    /// <summary>xt_pkttype: what went over the loopback interface counts as its address is.</summary>
    private PacketType TypeOf(in PacketView view, in PacketMeta meta)
    {
        if (meta.Type != PacketType.Loopback)
            return meta.Type;
        UInt128 destination = view.AddressOf(_program.Family, PacketSide.Destination);
        bool group = _program.Family == IpFamily.V4 ? (uint)destination >> 28 == 14 : destination >> 120 == 0xff;
        return group ? PacketType.Multicast : PacketType.Broadcast;
    }

    private bool TestSet(in ExtraMatch extra, in PacketView view, in PacketMeta meta)
    {
        IpSetAnswer answer = _state.Sets[extra.B].Test(_program.Family, IpSetDirections.Unpack(extra.A), view, meta.NowMs);
        return answer == IpSetAnswer.Match || (answer == IpSetAnswer.NoMatch && extra.C != 0);
    }
}
