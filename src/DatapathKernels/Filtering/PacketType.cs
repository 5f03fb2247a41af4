namespace DatapathKernels.Filtering;

/// <summary>Whom the link layer addressed a packet to, with the kernel's values (<c>PACKET_*</c>), for <c>-m pkttype</c>.</summary>
public enum PacketType : byte
{
    /// <summary>To this node.</summary>
    Host = 0,

    /// <summary>To every node.</summary>
    Broadcast = 1,

    /// <summary>To a group.</summary>
    Multicast = 2,

    /// <summary>To another node (seen by promiscuous interfaces).</summary>
    OtherHost = 3,

    /// <summary>Leaves this node.</summary>
    Outgoing = 4,

    /// <summary>Over the loopback interface; counts as multicast or broadcast, as the address is.</summary>
    Loopback = 5,
}
