using DatapathKernels.Packets;

namespace DatapathKernels.Overlay;

/// <summary>What an <see cref="IpTunnelReceiver"/> takes for its own, and what it does with it. The defaults are Linux's.</summary>
public sealed record IpTunnelReceiverOptions
{
    /// <summary>The port that Katran sends GUE to.</summary>
    public const ushort KatranGuePort = 9886;

    /// <summary>The only IPv4 address outer packets may be for, in the first four bytes; null for any.</summary>
    public IPv6Address? LocalV4 { get; init; }

    /// <summary>The only IPv6 address outer packets may be for; null for any.</summary>
    public IPv6Address? LocalV6 { get; init; }

    /// <summary>UDP port of GUE, host order, for example <see cref="KatranGuePort"/>; null for IP in IP without UDP.</summary>
    public ushort? GuePort { get; init; }

    /// <summary>GUE's outer UDP checksum is not looked at, as Katran's XDP program does not.</summary>
    public bool IgnoresUdpChecksum { get; init; }

    /// <summary>Over IPv6 a zero UDP checksum is taken for none (RFC 6935).</summary>
    public bool AcceptsZeroChecksum { get; init; }

    /// <summary>The inner TTL or hop limit goes down by one, as at a router, and as Katran does where it unpacks inline.</summary>
    public bool DecrementsHopLimit { get; init; }

    /// <summary>The outer packet's congestion does not count, as it does not for Katran.</summary>
    public bool IgnoresCongestion { get; init; }
}
