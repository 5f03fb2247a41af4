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
        AddressTypes found = _program.Family == IpFamily.V4 ? _addresses.KindOfV4((uint)address) : _addresses.KindOfV6(address);
        return HasType(_program.Family, found, (AddressTypes)extra.B);
    }

    /// <summary>xt_addrtype: one of the kinds; for IPv6 each kind of scope that is asked for, and one of the routed kinds.</summary>
    internal static bool HasType(IpFamily family, AddressTypes found, AddressTypes asked)
    {
        const AddressTypes Scopes = AddressTypes.Multicast | AddressTypes.Unicast | AddressTypes.Unspecified;
        const AddressTypes Routed = AddressTypes.Local | AddressTypes.Anycast | AddressTypes.Unreachable;
        if (family == IpFamily.V4)
            return (found & asked) != 0;
        return (asked & Scopes & ~found) == 0 && ((asked & Routed) == 0 || (asked & Routed & found) != 0);
    }

    /// <summary>xt_pkttype: what went over the loopback interface counts as its address is.</summary>
    internal static PacketType TypeOf(IpFamily family, in PacketView view, in PacketMeta meta)
    {
        if (meta.Type != PacketType.Loopback)
            return meta.Type;
        UInt128 destination = view.AddressOf(family, PacketSide.Destination);
        bool group = family == IpFamily.V4 ? (uint)destination >> 28 == 14 : destination >> 120 == 0xff;
        return group ? PacketType.Multicast : PacketType.Broadcast;
    }

    private bool TestSet(in ExtraMatch extra, in PacketView view, in PacketMeta meta) =>
        _state.Sets[extra.B].Test(_program.Family, IpSetDirections.Unpack(extra.A), extra.C != 0, view, meta.NowMs);
}
