using System.Runtime.InteropServices;

namespace DatapathKernels.Filtering;

/// <summary>What the node knows of a packet besides its bytes. Targets change it (MARK), so it goes by reference.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct PacketMeta
{
    /// <summary>Monotonic time, milliseconds, for <c>recent</c>, <c>limit</c> and the timeouts of sets. Any origin.</summary>
    public long NowMs;

    /// <summary>The packet's mark.</summary>
    public uint Mark;

    /// <summary>The mark of its connection.</summary>
    public uint ConnectionMark;

    /// <summary>The interface it came in by: a number of <see cref="ChainMatcher.InterfaceId"/>; 0 for none.</summary>
    public ushort InInterface;

    /// <summary>The interface it leaves by; 0 for none, or not routed yet.</summary>
    public ushort OutInterface;

    /// <summary>Exactly one of the connection states, without the pseudo states; none counts as invalid.</summary>
    public ConnectionStates State;

    /// <summary>The connection's status bits; the pseudo states DNAT and SNAT are read here.</summary>
    public ConnectionStatuses Status;

    /// <summary>Whom the link layer addressed it to, for <c>pkttype</c>.</summary>
    public PacketType Type;

    /// <summary>The conntrack zone its connection is looked up in; CT sets it.</summary>
    public ushort Zone;

    /// <summary>
    /// The smaller of the path MTUs to its destination and back to its source, for <c>--clamp-mss-to-pmtu</c>; 0 counts as 1500.
    /// </summary>
    public ushort PathMtu;

    /// <summary>
    /// Bytes by which a target (TCPMSS) made the datagram longer than its <see cref="Packets.PacketInfo"/> says. Set it to zero
    /// with every new packet.
    /// </summary>
    public ushort GrownBytes;
}
