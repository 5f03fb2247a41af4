using DatapathKernels.Packets;

namespace DatapathKernels.LoadBalancing;

/// <summary>
/// What opening a connection reads and writes of a real server, 40 bytes together: scattered over one array a field they were ten lines of the memory.
/// </summary>
internal struct ServerEntry
{
    /// <summary>Its address as on the wire; IPv4 in the first four bytes.</summary>
    public IPv6Address Wire;

    public int Id, Active, Inactive, UpperThreshold;

    /// <summary>Its port, host order; 0 for the packet's.</summary>
    public ushort Port;

    public ForwardingMode Forwarding;
    public bool IsV6, IsOverloaded;

    public readonly int Connections => Active + Inactive;

    /// <summary>256 times the active connections plus the inactive ones, in 32 bits, as <c>ip_vs_dest_conn_overhead</c> has it.</summary>
    public readonly int Overhead => unchecked((Active << 8) + Inactive);

    /// <summary>Takes over what a server's parameters say.</summary>
    public void Describe(in RealServer server)
    {
        Wire = IpvsService.WireOf(server.Address);
        IsV6 = server.Address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6;
        (Port, Forwarding, UpperThreshold) = (server.Port, server.Forwarding, server.UpperThreshold);
    }
}
