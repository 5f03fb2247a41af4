namespace DatapathKernels.Overlay;

/// <summary>What stands between a packet and the link, for the account of <see cref="MtuBudget"/>.</summary>
public enum EncapsulationKind : byte
{
    /// <summary>IP in IP (RFC 2003), 6in4, 4in6: an IP header.</summary>
    Ipip = 0,

    /// <summary>GRE of IP packets (RFC 2784); key, checksum and sequence number are 4 bytes of options each.</summary>
    Gre,

    /// <summary>GRE with key of Ethernet frames: GRETAP, NVGRE (RFC 7637).</summary>
    Gretap,

    /// <summary>VXLAN (RFC 7348).</summary>
    Vxlan,

    /// <summary>VXLAN-GPE of IP packets: no inner Ethernet header.</summary>
    VxlanGpe,

    /// <summary>Geneve of Ethernet frames (RFC 8926), with options.</summary>
    Geneve,

    /// <summary>IP directly over UDP: Foo-over-UDP, Flannel's UDP backend.</summary>
    Fou,

    /// <summary>Generic UDP encapsulation of IP packets: four bytes, with options.</summary>
    Gue,

    /// <summary>WireGuard: pads to 16 bytes, but never past its own MTU.</summary>
    WireGuard,

    /// <summary>IPsec ESP in tunnel mode with AES-GCM (RFC 4303, RFC 4106): pads to 4 bytes. Over UDP (NAT traversal) with 8 bytes of options.</summary>
    EspGcm,

    /// <summary>IPsec as Flannel and Cilium allow for it: 57 bytes and an IP header, whatever the cipher and the padding.</summary>
    EspAllowance,

    /// <summary>Stateless transport tunnelling, as NSX counts it.</summary>
    Stt,

    /// <summary>One MPLS label (RFC 3032).</summary>
    Mpls,

    /// <summary>PPPoE on the link (RFC 2516).</summary>
    Pppoe,

    /// <summary>An 802.1Q tag on the link: no part of the MTU, but the frame grows by four.</summary>
    LinkVlan,
}
