using DatapathKernels.Packets;

namespace DatapathKernels.Filtering;

/// <content>Entries made of packets, as the kernel's <c>*_kadt</c> functions make them.</content>
public sealed partial class IpSet
{
    /// <summary>
    /// True when the packet is in the set; with <paramref name="exceptions"/> (<c>--return-nomatch</c>) when an exception holds
    /// it, in sets that can have any. A rule that names too few directions, or one of the other family, gets no match.
    /// </summary>
    internal bool Test(IpFamily family, IpSetDirections directions, bool exceptions, in PacketView view, long nowMs)
    {
        if (Kind != IpSetKind.ListSet)
        {
            if (_elements.Count == 0)
                return false;
            IpSetAnswer asked = exceptions && HasNetworks ? IpSetAnswer.NoMatch : IpSetAnswer.Match;
            return TryEntry(family, directions, view, out IpSetEntry entry) && Find(entry, nowMs) == asked;
        }

        foreach (IpSet member in _members)
        {
            if (member.Test(family, directions, exceptions, view, nowMs))
                return true;
        }

        return false;
    }

    /// <summary>Adds the packet's entry (<c>-j SET --add-set</c>); a list gives it to the first member that takes it.</summary>
    internal bool Add(IpFamily family, IpSetDirections directions, in PacketView view, long nowMs, uint? timeoutSeconds, bool renew)
    {
        if (Kind != IpSetKind.ListSet)
            return TryEntry(family, directions, view, out IpSetEntry entry) && TryAdd(Networked(entry), nowMs, timeoutSeconds, renew: renew) == IpSetStatus.Ok;
        foreach (IpSet member in _members)
        {
            if (member.Add(family, directions, view, nowMs, timeoutSeconds, renew))
                return true;
        }

        return false;
    }

    /// <summary>Removes the packet's entry (<c>-j SET --del-set</c>); from a list, of the first member that has it.</summary>
    internal bool Remove(IpFamily family, IpSetDirections directions, in PacketView view)
    {
        if (Kind != IpSetKind.ListSet)
            return TryEntry(family, directions, view, out IpSetEntry entry) && Remove(Networked(entry));
        foreach (IpSet member in _members)
        {
            if (member.Remove(family, directions, view))
                return true;
        }

        return false;
    }

    /// <summary>A packet is added to a set of networks with the longest prefix in use there, or as a single address.</summary>
    private IpSetEntry Networked(in IpSetEntry entry) =>
        HasNetworks ? WithPrefix(entry, _prefixKinds > 0 ? _prefixes[0] : (byte)IpNetwork.Bits(Family)) : entry;

    private bool TryEntry(IpFamily family, IpSetDirections directions, in PacketView view, out IpSetEntry entry)
    {
        entry = default;
        if (directions.Count < Dimension || (family != Family && Kind != IpSetKind.BitmapPort))
            return false;
        if (Kind == IpSetKind.BitmapPort)
        {
            entry = IpSetEntry.OfPort(PortOf(view, directions[0]));
            return (IpProtocol)view.Protocol is IpProtocol.Tcp or IpProtocol.Udp && (view.Transport & PacketView.HasTransport) != 0;
        }

        UInt128 address = view.AddressOf(family, directions[0]);
        if (Dimension == 1)
        {
            entry = new IpSetEntry(address);
            return true;
        }

        if (!TryPort(view, directions[1], out ushort port))
            return false;
        UInt128 second = Dimension == 3 ? view.AddressOf(family, directions[2]) : UInt128.Zero;
        entry = new IpSetEntry(address, Protocol: (IpProtocol)view.Protocol, Port: port, Address2: second);
        return true;
    }

    /// <summary>
    /// The kernel's <c>ip_set_get_ip_port</c>: protocols without a port it knows count with port 0; those with one need the
    /// header, which later fragments do not have. An IPv6 fragment without it is never in such a set.
    /// </summary>
    private bool TryPort(in PacketView view, PacketSide side, out ushort port)
    {
        port = 0;
        bool hasPorts = (IpProtocol)view.Protocol is IpProtocol.Tcp or IpProtocol.Udp or IpProtocol.UdpLite or IpProtocol.Sctp or IpProtocol.Icmp or IpProtocol.IcmpV6;
        if (!hasPorts)
            return Family == IpFamily.V4 || (view.Transport & PacketView.LaterFragment) == 0;
        port = PortOf(view, side);
        return (view.Transport & PacketView.HasTransport) != 0;
    }

    /// <summary>ICMP has one field, type and code, for both sides.</summary>
    private static ushort PortOf(in PacketView view, PacketSide side) =>
        side == PacketSide.Source && (IpProtocol)view.Protocol is not (IpProtocol.Icmp or IpProtocol.IcmpV6) ? view.SourcePort : view.DestinationPort;
}
