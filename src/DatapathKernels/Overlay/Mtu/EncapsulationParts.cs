using DatapathKernels.Diagnostics;

namespace DatapathKernels.Overlay;

/// <summary>The bytes of each encapsulation, named, and how its padding makes a packet grow.</summary>
internal static class EncapsulationParts
{
    private const int WireGuardUnit = 16, EspUnit = 4, EspTrailerBytes = 2, MostOptionBytes = 252;

    /// <summary>Every fixed byte of a layer, outermost first. Padding depends on the packet and is not here.</summary>
    public static (string Name, int Bytes)[] Of(in Encapsulation layer)
    {
        Validate(layer);
        (string, int) ip = layer.OverIpv6 ? ("outer IPv6 header", 40) : ("outer IPv4 header", 20);
        (string, int) udp = ("UDP header", 8);
        (string, int) options = ("options", layer.OptionBytes);
        (string, int) ethernet = ("inner Ethernet header", 14);
        (string, int) vlan = ("inner 802.1Q tags", 4 * layer.InnerVlanTags);
        (string, int)[] parts = layer.Kind switch
        {
            EncapsulationKind.Ipip => [ip],
            EncapsulationKind.Gre => [ip, ("GRE header", 4), options],
            EncapsulationKind.Gretap => [ip, ("GRE header", 4), ("GRE key", 4), options, ethernet, vlan],
            EncapsulationKind.Vxlan => [ip, udp, ("VXLAN header", 8), ethernet, vlan],
            EncapsulationKind.VxlanGpe => [ip, udp, ("VXLAN-GPE header", 8)],
            EncapsulationKind.Geneve => [ip, udp, ("Geneve header", 8), options, ethernet, vlan],
            EncapsulationKind.Fou => [ip, udp],
            EncapsulationKind.Gue => [ip, udp, ("GUE header", 4), options],
            EncapsulationKind.WireGuard => [ip, udp, ("WireGuard header", 16), ("authentication tag", 16)],
            EncapsulationKind.EspGcm => [ip, options, ("ESP SPI and sequence number", 8), ("ESP IV", 8), ("ESP trailer", EspTrailerBytes), ("ESP ICV", 16)],
            EncapsulationKind.EspAllowance => [ip, ("ESP allowance", 57)],
            EncapsulationKind.Stt => [ip, ("TCP-like header", 20), ("STT header", 18), ethernet, vlan, ("alignment", 4)],
            EncapsulationKind.Mpls => [("MPLS label", 4)],
            EncapsulationKind.Pppoe => [("PPPoE and PPP headers", 8)],
            _ => [],
        };
        return Array.FindAll(parts, p => p.Item2 > 0);
    }

    /// <summary>Bytes of padding behind a packet that goes into a layer.</summary>
    /// <param name="kind">The layer.</param>
    /// <param name="bytes">The packet.</param>
    /// <param name="deviceMtu">The largest packet the layer takes.</param>
    public static int Padding(EncapsulationKind kind, int bytes, int deviceMtu) => kind switch
    {
        EncapsulationKind.WireGuard => Math.Max(0, Math.Min(Align(bytes, WireGuardUnit), deviceMtu) - bytes),
        EncapsulationKind.EspGcm => Align(bytes + EspTrailerBytes, EspUnit) - bytes - EspTrailerBytes,
        _ => 0,
    };

    /// <summary>The largest packet that a layer can put into an outer one of some size.</summary>
    /// <param name="kind">The layer.</param>
    /// <param name="outerBytes">The outer packet.</param>
    /// <param name="fixedBytes">The layer's parts together.</param>
    public static int LargestInner(EncapsulationKind kind, int outerBytes, int fixedBytes)
    {
        int room = outerBytes - fixedBytes;
        return kind == EncapsulationKind.EspGcm ? ((room + EspTrailerBytes) & -EspUnit) - EspTrailerBytes : room;
    }

    private static int Align(int bytes, int unit) => (bytes + unit - 1) & -unit;

    private static void Validate(in Encapsulation layer)
    {
        if (layer.Kind > EncapsulationKind.LinkVlan)
            Throw.OutOfRange(nameof(layer), layer.Kind, "a known kind of encapsulation");
        if (layer.OptionBytes is < 0 or > MostOptionBytes || layer.OptionBytes % 4 != 0)
            Throw.OutOfRange(nameof(layer), layer.OptionBytes, "0 to 252 bytes of options, a multiple of 4");
        if (layer.InnerVlanTags is < 0 or > 2)
            Throw.OutOfRange(nameof(layer), layer.InnerVlanTags, "0 to 2 inner tags");
        bool takesOptions = layer.Kind is EncapsulationKind.Gre or EncapsulationKind.Gretap or EncapsulationKind.Geneve or EncapsulationKind.Gue or EncapsulationKind.EspGcm;
        bool takesTags = layer.Kind is EncapsulationKind.Gretap or EncapsulationKind.Vxlan or EncapsulationKind.Geneve or EncapsulationKind.Stt;
        if ((layer.OptionBytes > 0 && !takesOptions) || (layer.InnerVlanTags > 0 && !takesTags))
            Throw.Argument(nameof(layer), $"{layer.Kind} has no room for those options or tags");
    }
}
