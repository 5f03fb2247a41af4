using DatapathKernels.Overlay;

namespace DatapathKernels.Bench.Scenarios.OverlayPrice;

/// <summary>A way for packets to reach another node.</summary>
/// <param name="Name">What people call it.</param>
/// <param name="Layers">What it puts around a packet; nothing for plain routing.</param>
/// <param name="IsMeasured">The library packs and unpacks it, so that its time can be measured; of the encrypted ones only the bytes are known.</param>
internal sealed record OverlayWay(string Name, IReadOnlyList<Encapsulation> Layers, bool IsMeasured = true)
{
    /// <summary>Plain routing, the tunnels of Flannel, Calico and Cilium, and the encrypted ones.</summary>
    public static IReadOnlyList<OverlayWay> All { get; } =
    [
        new("none", [], IsMeasured: false),
        new("IPIP", [new Encapsulation(EncapsulationKind.Ipip)]),
        new("VXLAN over IPv4", [new Encapsulation(EncapsulationKind.Vxlan)]),
        new("VXLAN over IPv6", [new Encapsulation(EncapsulationKind.Vxlan, OverIpv6: true)]),
        new("Geneve", [new Encapsulation(EncapsulationKind.Geneve)]),
        new("WireGuard", [new Encapsulation(EncapsulationKind.WireGuard)], IsMeasured: false),
        new("IPsec ESP", [new Encapsulation(EncapsulationKind.EspGcm)], IsMeasured: false),
    ];

    /// <summary>The account of its bytes on a link.</summary>
    /// <param name="linkMtu">MTU of the link, bytes.</param>
    public MtuBudget BudgetOf(int linkMtu) => new(linkMtu, [.. Layers]);
}
