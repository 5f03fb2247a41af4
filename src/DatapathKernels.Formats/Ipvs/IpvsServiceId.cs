using System.Net;
using System.Net.Sockets;
using DatapathKernels.Packets;

namespace DatapathKernels.Formats.Ipvs;

/// <summary>What names a virtual service: address, port and protocol, or a firewall mark and a family. A director has one service of each.</summary>
public sealed record IpvsServiceId
{
    private IpvsServiceId(IPAddress address) => Address = address;

    /// <summary>The virtual address; "any" of its family for a mark.</summary>
    public IPAddress Address { get; }

    /// <summary>The port, host order; 0 for every port no other service has.</summary>
    public ushort Port { get; private init; }

    /// <summary>TCP, UDP or SCTP; 0 for a mark.</summary>
    public IpProtocol Protocol { get; private init; }

    /// <summary>The firewall mark; 0 for a service at an address.</summary>
    public uint Mark { get; private init; }

    /// <summary>True for IPv6.</summary>
    public bool IsV6 => Address.AddressFamily == AddressFamily.InterNetworkV6;

    /// <summary>A service at an address (<c>-t</c>, <c>-u</c>, <c>--sctp-service</c>).</summary>
    /// <exception cref="ArgumentException">The address is neither IPv4 nor IPv6, or the protocol none of the three.</exception>
    public static IpvsServiceId At(IPAddress address, ushort port, IpProtocol protocol)
    {
        ArgumentNullException.ThrowIfNull(address);
        if (address.AddressFamily is not (AddressFamily.InterNetwork or AddressFamily.InterNetworkV6))
            throw new ArgumentException("expected an IPv4 or IPv6 address", nameof(address));
        if (protocol is not (IpProtocol.Tcp or IpProtocol.Udp or IpProtocol.Sctp))
            throw new ArgumentException("expected TCP, UDP or SCTP", nameof(protocol));
        return new(address) { Port = port, Protocol = protocol };
    }

    /// <summary>A service for packets of a firewall mark (<c>-f</c>, with <c>-6</c> for IPv6).</summary>
    /// <exception cref="ArgumentOutOfRangeException">Mark 0, which no packet is looked up by.</exception>
    public static IpvsServiceId ForMark(uint mark, bool ipv6)
    {
        ArgumentOutOfRangeException.ThrowIfZero(mark);
        return new(ipv6 ? IPAddress.IPv6Any : IPAddress.Any) { Mark = mark };
    }

    /// <summary>As ipvsadm names it: <c>-t 10.0.0.1:80</c>, <c>-u [fd00::1]:53</c>, <c>-f 7 -6</c>.</summary>
    public override string ToString() => Mark != 0
        ? $"-f {Mark}{(IsV6 ? " -6" : "")}"
        : $"{IpvsNames.Option(Protocol)} {new IPEndPoint(Address, Port)}";
}
