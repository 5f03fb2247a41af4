namespace DatapathKernels.Packets;

/// <summary>What <see cref="LinkLayer.Parse"/> found before the network header.</summary>
/// <param name="NetworkOffset">Offset of the network header, bytes from the start of the frame.</param>
/// <param name="EtherType">
/// The EtherType after all VLAN tags, host order; where the link type implies the protocol (raw IP, loopback), the one that
/// protocol has; 0 where the frame names none (IEEE 802.3 with LLC, an unknown loopback family).
/// </param>
/// <param name="VlanCount">VLAN tags passed over.</param>
/// <param name="OuterTci">Tag control information of the first tag (priority, DEI, VLAN id), host order; 0 without a tag.</param>
/// <param name="InnerTci">Tag control information of the last tag, host order; 0 without a tag.</param>
public readonly record struct LinkLayerInfo(ushort NetworkOffset, ushort EtherType, byte VlanCount, ushort OuterTci, ushort InnerTci);
