using System.Net;
using System.Net.Sockets;
using DatapathKernels.Diagnostics;
using DatapathKernels.Packets;

namespace DatapathKernels.LoadBalancing;

/// <summary>A virtual service as <c>ipvsadm -A</c> makes it: what packets it takes, how it schedules, how long it remembers.</summary>
public sealed class IpvsService
{
    private const int MostPersistenceSeconds = 31 * 24 * 60 * 60;

    /// <summary>A service at an address.</summary>
    /// <param name="address">The virtual address.</param>
    /// <param name="port">The port, host order; 0 for every port no other service has, which needs persistence.</param>
    /// <param name="protocol">TCP, UDP or SCTP.</param>
    /// <param name="scheduler">Scheduler and real servers.</param>
    /// <exception cref="ArgumentException">No such protocol or family.</exception>
    public IpvsService(IPAddress address, ushort port, IpProtocol protocol, VirtualService scheduler)
        : this(scheduler)
    {
        ArgumentNullException.ThrowIfNull(address);
        if (protocol is not (IpProtocol.Tcp or IpProtocol.Udp or IpProtocol.Sctp))
            Throw.Argument(nameof(protocol), "expected TCP, UDP or SCTP");
        (Address, Port, Protocol) = (address, port, protocol);
        (Wire, IsV6) = (WireOf(address), address.AddressFamily == AddressFamily.InterNetworkV6);
    }

    /// <summary>A service for packets with a firewall mark.</summary>
    /// <param name="mark">The mark, not 0.</param>
    /// <param name="ipv6">Its family.</param>
    /// <param name="scheduler">Scheduler and real servers.</param>
    /// <exception cref="ArgumentOutOfRangeException">Mark 0.</exception>
    public IpvsService(uint mark, bool ipv6, VirtualService scheduler)
        : this(scheduler)
    {
        ArgumentOutOfRangeException.ThrowIfZero(mark);
        (Mark, IsV6, Address) = (mark, ipv6, ipv6 ? IPAddress.IPv6Any : IPAddress.Any);
    }

    private IpvsService(VirtualService scheduler)
    {
        ArgumentNullException.ThrowIfNull(scheduler);
        Scheduler = scheduler;
        Address = IPAddress.Any;
    }

    /// <summary>The virtual address; "any" for a mark.</summary>
    public IPAddress Address { get; }

    /// <summary>The port, host order; 0 for any.</summary>
    public ushort Port { get; }

    /// <summary>The protocol; 0 for a mark.</summary>
    public IpProtocol Protocol { get; }

    /// <summary>The firewall mark; 0 for a service at an address.</summary>
    public uint Mark { get; }

    /// <summary>True for IPv6.</summary>
    public bool IsV6 { get; }

    /// <summary>The scheduler and the real servers.</summary>
    public VirtualService Scheduler { get; }

    /// <summary>Seconds during which a client keeps its server (<c>-p</c>): at most 31 days, as ipvsadm has it; 0 for none.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Less than 0, or more than 31 days.</exception>
    public int PersistenceSeconds
    {
        get;
        set
        {
            if (value is < 0 or > MostPersistenceSeconds)
                Throw.OutOfRange(nameof(value), value, $"persistence lasts 0 to {MostPersistenceSeconds} seconds");
            field = value;
        }
    }

    /// <summary>Leading bits of a client's address that persistence goes by (<c>-M</c>); by default all. More than an address has count as all.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Less than 0, or more than 128.</exception>
    public int PersistencePrefix
    {
        get;
        set
        {
            if (value is < 0 or > 128)
                Throw.OutOfRange(nameof(value), value, "a prefix has 0 to 128 bits");
            field = value;
        }
    } = 128;

    /// <summary>One-packet scheduling (<c>-o</c>): every datagram of UDP is scheduled by itself and leaves no connection.</summary>
    public bool IsOnePacket { get; set; }

    /// <summary>Connections scheduled so far.</summary>
    public long Scheduled { get; internal set; }

    /// <summary>Packets dropped because no server could have them.</summary>
    public long DroppedWithoutServer { get; internal set; }

    internal IPv6Address Wire { get; }

    /// <summary>The service's place in the director, -1 when it has none.</summary>
    internal int Index { get; set; } = -1;

    internal static IPv6Address WireOf(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        bytes.Clear();
        address.TryWriteBytes(bytes, out _);
        return new IPv6Address(bytes);
    }

    internal IPv6Address ClientPrefix(in IPv6Address client)
    {
        int bits = IsV6 ? PersistencePrefix : Math.Min(PersistencePrefix, 32);
        Span<byte> bytes = stackalloc byte[16];
        client.CopyTo(bytes);
        bytes[((bits + 7) / 8)..].Clear();
        if (bits % 8 != 0)
            bytes[bits / 8] &= (byte)(0xff00 >> (bits % 8));
        return new IPv6Address(bytes);
    }
}
