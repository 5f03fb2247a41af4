using DatapathKernels.Packets;

namespace DatapathKernels.Overlay;

/// <summary>One end of a tunnel over UDP and the way to the other: all that the outer headers say. The defaults are Linux's.</summary>
public sealed record UdpTunnelOptions
{
    /// <summary>True for an IPv6 underlay.</summary>
    public bool IsV6 { get; init; }

    /// <summary>This end, as on the wire; IPv4 in the first four bytes.</summary>
    public required IPv6Address Local { get; init; }

    /// <summary>The other end.</summary>
    public required IPv6Address Remote { get; init; }

    /// <summary>This end's MAC address on the underlay.</summary>
    public MacAddress LocalMac { get; init; }

    /// <summary>The MAC address of the next hop towards the other end.</summary>
    public MacAddress NextHopMac { get; init; }

    /// <summary>UDP destination port, host order.</summary>
    public ushort Port { get; init; } = VxlanHeader.Port;

    /// <summary>The lowest source port.</summary>
    public ushort MinSourcePort { get; init; } = 32768;

    /// <summary>The end of the range of source ports, itself never used.</summary>
    public ushort MaxSourcePort { get; init; } = 60999;

    /// <summary>TOS or traffic class; its codepoint of ECN follows from the inner packet's.</summary>
    public byte Tos { get; init; }

    /// <summary>The DS field is the inner packet's, instead of <see cref="Tos"/>.</summary>
    public bool InheritsTos { get; init; }

    /// <summary>TTL or hop limit.</summary>
    public byte Ttl { get; init; } = 64;

    /// <summary>The TTL is the inner packet's, instead of <see cref="Ttl"/>.</summary>
    public bool InheritsTtl { get; init; }

    /// <summary>The outer "don't fragment" bit; IPv6 has none.</summary>
    public DontFragmentMode DontFragment { get; init; }

    /// <summary>The longest outer packet, bytes from its IP header on; see <see cref="UdpTunnel.PathMtu"/>. Null where it is not known: then what a length field can say.</summary>
    public int? PathMtu { get; init; }

    /// <summary>The UDP checksum is written; else it is zero.</summary>
    public bool WritesChecksum { get; init; } = true;

    /// <summary>Over IPv6 a zero UDP checksum is taken for none (RFC 6935).</summary>
    public bool AcceptsZeroChecksum { get; init; }

    /// <summary>What the outer header says of congestion.</summary>
    public EcnMode Ecn { get; init; }

    /// <summary>The inner frame's VLAN tag is taken out on the way in and on the way out (RFC 7348, section 6.1), instead of carried.</summary>
    public bool StripsVlan { get; init; }

    /// <summary>IPv6 flow label, 20 bits.</summary>
    public uint FlowLabel { get; init; }
}
