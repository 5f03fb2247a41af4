namespace DatapathKernels.Packets;

/// <summary>What the parse found on its way; see <see cref="PacketInfo"/>.</summary>
[Flags]
public enum PacketFlags : byte
{
    /// <summary>Nothing of note.</summary>
    None = 0,

    /// <summary>The network layer is IPv4.</summary>
    Ipv4 = 1,

    /// <summary>The network layer is IPv6.</summary>
    Ipv6 = 2,

    /// <summary>The packet is a fragment: more follow, or the offset is not zero. An IPv6 atomic fragment is not one.</summary>
    Fragment = 4,

    /// <summary>The fragment's offset is not zero: there is no transport header.</summary>
    NonFirstFragment = 8,

    /// <summary>More fragments follow.</summary>
    MoreFragments = 16,

    /// <summary>At least one VLAN tag stands before the network header.</summary>
    Vlan = 32,

    /// <summary>The IPv4 header has options, or the IPv6 header has extension headers.</summary>
    Options = 64,

    /// <summary>The transport header is present and every accessor of its view is total.</summary>
    Transport = 128,
}
