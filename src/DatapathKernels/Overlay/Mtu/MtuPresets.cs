namespace DatapathKernels.Overlay;

/// <summary>The MTUs that Flannel, Calico, Cilium and Linux set on a link of 1,500 bytes (or the cloud's), and those often quoted that are wrong.</summary>
public static class MtuPresets
{
    private const int Link = 1500, CloudLink = 1460;

    private static readonly Encapsulation Vxlan = new(EncapsulationKind.Vxlan), VxlanV6 = new(EncapsulationKind.Vxlan, OverIpv6: true);
    private static readonly Encapsulation WireGuard = new(EncapsulationKind.WireGuard), WireGuardV6 = new(EncapsulationKind.WireGuard, OverIpv6: true);
    private static readonly Encapsulation Esp = new(EncapsulationKind.EspGcm);

    /// <summary>All of them. Nothing was measured for it: each budget follows from the headers.</summary>
    public static IReadOnlyList<MtuPreset> All { get; } =
    [
        new("Flannel vxlan", 50, "external interface MTU - 50", new(Link, Vxlan)),
        new("Flannel vxlan IPv6", 50, "external interface MTU - 50, as for IPv4", new(Link, VxlanV6), "VXLAN over IPv6 costs 70: full packets are 20 bytes too long"),
        new("Flannel wireguard", 80, "MTU - 80, enough for either underlay", new(Link, WireGuard)),
        new("Flannel udp", 28, "MTU - 28", new(Link, new Encapsulation(EncapsulationKind.Fou))),
        new("Flannel ipsec", 77, "MTU - 77, an allowance for any cipher", new(Link, Esp)),
        new("Calico IPIP", 20, "smallest host interface MTU - 20", new(Link, new Encapsulation(EncapsulationKind.Ipip))),
        new("Calico VXLAN IPv4", 50, "MTU - 50", new(Link, Vxlan)),
        new("Calico VXLAN IPv6", 70, "MTU - 70", new(Link, VxlanV6)),
        new("Calico WireGuard IPv4", 60, "MTU - 60", new(Link, WireGuard)),
        new("Calico WireGuard IPv6", 80, "MTU - 80", new(Link, WireGuardV6)),
        new("Calico on AKS", 100, "MTU - 100 with WireGuard: the cloud has an overlay of its own", new(Link, WireGuard)),
        new("Calico VXLAN on GCE (1460 underlay)", 50, "1460 - 50", new(CloudLink, Vxlan)),
        new("Cilium VXLAN/Geneve", 50, "route MTU - 50; the device keeps the link's", new(Link, Vxlan)),
        new("Cilium WireGuard", 80, "MTU - 80, enough for either underlay", new(Link, WireGuard)),
        new("Cilium IPsec", 77, "MTU - 77, an allowance for any cipher", new(Link, Esp)),
        new("Cilium VXLAN+IPsec", 127, "MTU - 50 - 77", new(Link, Esp, Vxlan)),
        new("Linux wireguard device default", 80, "1500 - 80", new(Link, WireGuardV6)),
        new("WireGuard at 1410", 90, "quoted as WireGuard's", new(Link, WireGuardV6), "1410 is a cloud link of 1460 less VXLAN's 50; WireGuard needs 60 or 80"),
    ];

    /// <summary>The preset of a product; null when there is none of that name.</summary>
    /// <param name="product">See <see cref="MtuPreset.Product"/>.</param>
    public static MtuPreset? Find(string product)
    {
        foreach (MtuPreset preset in All)
        {
            if (string.Equals(preset.Product, product, StringComparison.Ordinal))
                return preset;
        }

        return null;
    }
}
