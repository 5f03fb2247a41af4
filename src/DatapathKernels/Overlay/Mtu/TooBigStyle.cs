namespace DatapathKernels.Overlay;

/// <summary>Who tells the sender that its packet is too big.</summary>
public enum TooBigStyle : byte
{
    /// <summary>
    /// A Linux tunnel that is a bridge port (<c>iptunnel_pmtud_build_icmp</c>): in the destination's name, with the packet's own
    /// hop limit and DF, quoting up to 576 (1,280) bytes in all.
    /// </summary>
    Bridge = 0,

    /// <summary>A Linux router (<c>icmp_send</c>): in its own name, internetwork control precedence, hop limit 64.</summary>
    Router,

    /// <summary>Katran: in the virtual address's name, hop limit 64, quoting 84 bytes of IPv4 and 248 of IPv6.</summary>
    Katran,
}
