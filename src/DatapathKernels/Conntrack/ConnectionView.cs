using DatapathKernels.Packets;

namespace DatapathKernels.Conntrack;

/// <summary>What is known of a connection, as <c>conntrack -L</c> lists it.</summary>
/// <param name="Original">The tuple of the opener's packets; IPv4 as <c>::ffff:a.b.c.d</c>.</param>
/// <param name="Reply">The tuple of the answers as they come in.</param>
/// <param name="Status">Its status bits.</param>
/// <param name="Tcp">TCP's state and windows; all zero for other protocols, and under <see cref="EvictionPolicy.Lru"/>.</param>
/// <param name="Mark">Its mark.</param>
/// <param name="ExpiresMs">When it ends without packets: milliseconds of the caller's clock, modulo 2^32.</param>
public sealed record ConnectionView(FlowKeyV6 Original, FlowKeyV6 Reply, ConntrackStatus Status, TcpFlow Tcp, uint Mark, uint ExpiresMs)
{
    /// <summary>SCTP's state and tags; all zero for other protocols, and under <see cref="EvictionPolicy.Lru"/>.</summary>
    public SctpFlow Sctp { get; init; }

    /// <summary>Which sides of a TCP connection closed, under <see cref="EvictionPolicy.Lru"/>.</summary>
    public CiliumFlow Cilium { get; init; }

    /// <summary>Its packets and bytes; all zero without <see cref="ConntrackOptions.Accounting"/>.</summary>
    public ConnectionCounters Counters { get; init; }

    /// <summary>When it was confirmed, milliseconds of the caller's clock; 0 without <see cref="ConntrackOptions.Timestamps"/>.</summary>
    public long StartedMs { get; init; }
}
