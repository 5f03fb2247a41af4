using DatapathKernels.Packets;

namespace DatapathKernels.Overlay;

/// <summary>
/// One end of an IP-in-IP tunnel and the way to the other. The defaults are those of Linux's <c>ipip</c>, <c>sit</c> and <c>ip6tnl</c>
/// devices with <c>ttl 64</c>; without that word IPv4 devices inherit the TTL.
/// </summary>
public sealed record IpTunnelOptions
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

    /// <summary>TOS or traffic class; its codepoint of ECN follows from the inner packet's.</summary>
    public byte Tos { get; init; }

    /// <summary>The DS field is the inner packet's, instead of <see cref="Tos"/>.</summary>
    public bool InheritsTos { get; init; }

    /// <summary>TTL or hop limit, 1 to 255.</summary>
    public byte Ttl { get; init; } = 64;

    /// <summary>The TTL is the inner packet's, instead of <see cref="Ttl"/>.</summary>
    public bool InheritsTtl { get; init; }

    /// <summary>
    /// The outer "don't fragment" bit. <c>pmtudisc</c> is <see cref="DontFragmentMode.Set"/>; <c>nopmtudisc</c> is
    /// <see cref="DontFragmentMode.Inherit"/>, which here, as in <c>ip_tunnel_xmit</c>, leaves it unset for an IPv6 packet.
    /// </summary>
    public DontFragmentMode DontFragment { get; init; } = DontFragmentMode.Set;

    /// <summary>The longest outer packet, bytes from its IP header on; see <see cref="IpTunnel.PathMtu"/>. Null where it is not known: then what a length field can say.</summary>
    public int? PathMtu { get; init; }

    /// <summary>What the outer header says of congestion.</summary>
    public EcnMode Ecn { get; init; }

    /// <summary>IPv6 flow label, 20 bits.</summary>
    public uint FlowLabel { get; init; }

    /// <summary>
    /// Over IPv6: how many tunnels more the packet may enter, said in a destination option (RFC 2473, section 4.1.1); null for none.
    /// <c>ip6tnl</c> writes 4 unless told <c>encaplimit none</c>. A limit that the inner packet has itself is not looked at.
    /// </summary>
    public byte? EncapsulationLimit { get; init; }
}
