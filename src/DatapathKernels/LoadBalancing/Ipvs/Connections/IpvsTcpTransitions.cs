using DatapathKernels.Packets;

namespace DatapathKernels.LoadBalancing;

/// <summary>
/// The TCP transitions of <c>net/netfilter/ipvs/ip_vs_proto_tcp.c</c>: three tables by what IPVS sees of a connection, and
/// three more for the secure_tcp defence. A segment counts by the first flag it has of RST, SYN, FIN, ACK; with none of them
/// the connection closes.
/// </summary>
public static class IpvsTcpTransitions
{
    private const int States = 11, Classes = 4, Tables = 6;

    // A column a state in the order of IpvsTcpState, a letter a next state:
    // n NONE, E ESTABLISHED, S SYN_SENT, R SYN_RECV, F FIN_WAIT, T TIME_WAIT, C CLOSE, W CLOSE_WAIT, L LAST_ACK, I LISTEN, A SYNACK
    private const string Letters = "nESRFTCWLIA";

    private static readonly byte[] Next = TransitionRows.Read(
        Letters,
        // usual, from the client
        "REERRRRRRRR", // syn
        "CWSTTTCWLIT", // fin
        "EESEFTCWCIE", // ack
        "CCCRCCCCLIR", // rst
        // usual, from the server
        "SESRSSSSSIR", // syn
        "TFSTFTCTLIT", // fin
        "EESEFTCWLEE", // ack
        "CCSCCTCCCCC", // rst
        // usual, from the client, replies unseen
        "REERRRRRRRR", // syn
        "CFSTFTCWLIT", // fin
        "EESEFTCWCIE", // ack
        "CCCRCCCCLIC", // rst
        // secure_tcp, from the client
        "REERRRRRRRA", // syn
        "CWSTTTCWLIA", // fin
        "EESRFTCWCIA", // ack
        "CCCRCCCCLIC", // rst
        // secure_tcp, from the server
        "SESASSSSSIA", // syn
        "TFSTFTCTLIT", // fin
        "EESEFTCWLEE", // ack
        "CCSCCTCCCCC", // rst
        // secure_tcp, from the client, replies unseen
        "AEERAAAAAAA", // syn
        "CFSTFTCWLIT", // fin
        "EESEFTCWCIE", // ack
        "CCCRCCCCLIC"); // rst

    /// <summary>Seconds a connection stays in a state without packets, by state; the defaults of the kernel.</summary>
    public static ReadOnlySpan<int> TimeoutSeconds => [2, 900, 120, 60, 120, 120, 10, 60, 30, 120, 120];

    /// <summary>The state after a segment.</summary>
    /// <param name="state">The state before.</param>
    /// <param name="flags">The segment's flags.</param>
    /// <param name="side">What IPVS sees of the connection, and which side sent this.</param>
    /// <param name="secure">True under the secure_tcp defence.</param>
    public static IpvsTcpState After(IpvsTcpState state, TcpFlags flags, IpvsSide side, bool secure = false)
    {
        int row = (flags & TcpFlags.Rst) != 0 ? 3 : (flags & TcpFlags.Syn) != 0 ? 0 : (flags & TcpFlags.Fin) != 0 ? 1 : (flags & TcpFlags.Ack) != 0 ? 2 : -1;
        if (row < 0)
            return IpvsTcpState.Close;
        int table = (int)side + (secure ? Tables / 2 : 0);
        return (IpvsTcpState)Next[(((table * Classes) + row) * States) + (int)state];
    }

    /// <summary>True for the states in which a connection counts as active.</summary>
    public static bool IsActive(IpvsTcpState state) =>
        state is IpvsTcpState.Established or IpvsTcpState.SynSent or IpvsTcpState.SynReceived or IpvsTcpState.SynAck;
}
