using DatapathKernels.Packets;

namespace DatapathKernels.LoadBalancing;

/// <summary>
/// The SCTP transitions of <c>net/netfilter/ipvs/ip_vs_proto_sctp.c</c>: three tables by what IPVS sees of an association. A packet counts by its first chunk, but one that
/// begins with a cookie by an ABORT right behind it.
/// </summary>
public static class IpvsSctpTransitions
{
    private const int States = 14, Events = 10;

    // A column a state in the order of IpvsSctpState, a letter a next state: n NONE, 1 INIT1, I INIT, S COOKIE_SENT, R COOKIE_REPLIED, W COOKIE_WAIT, C COOKIE, e COOKIE_ECHOED,
    // E ESTABLISHED, s SHUTDOWN_SENT, r SHUTDOWN_RECEIVED, a SHUTDOWN_ACK_SENT, x REJECTED, c CLOSED
    private const string Letters = "n1ISRWCeEsraxc";

    private static readonly byte[] Next = TransitionRows.Read(
        Letters,
        // from the client
        "E1ISRWCeEsraxc", // data
        "1IISRWCeEsraII", // init
        "WWWSRCCeEsraxc", // init ack
        "RIIRRWCeEsraxc", // cookie echo
        "E1ISRWCEEsraxc", // cookie ack
        "r1ISRWCersraxc", // shutdown
        "cIISRWCeEcrcxc", // shutdown ack
        "cccSRWCeEsrcxc", // shutdown complete
        "c1ISRWCcEsraxc", // error
        "cccccxcccccccc", // abort
        // from the server
        "E1ISRWCeEsraxc", // data
        "WWWWWWWWEWWWWW", // init
        "SSSSRWCeEsraxc", // init ack
        "eeeeeeeeEsraxc", // cookie echo
        "EEEEEEEEEsraxc", // cookie ack
        "ssssssssssraxc", // shutdown
        "aaaaaWCeEaaaxc", // shutdown ack
        "c1ISRWCeEsraxc", // shutdown complete
        "cccccWCeEsraxc", // error
        "cxcccccccccccc", // abort
        // from the client, replies unseen
        "E1ISRECeEsraxc", // data
        "1IIIIICeEsraII", // init
        "eeeeeeCeEsraxc", // init ack
        "EEEEEECeEsraxc", // cookie echo
        "E1IEEWEEEsraxc", // cookie ack
        "r1ISRWCersraxc", // shutdown
        "cIISRWCeccrcxc", // shutdown ack
        "cccccWCeEsccxc", // shutdown complete
        "c1ISRWCeEsraxc", // error
        "cccccxcccccccc"); // abort

    /// <summary>Seconds an association stays in a state without packets, by state.</summary>
    public static ReadOnlySpan<int> TimeoutSeconds => [2, 4, 61, 61, 61, 61, 61, 61, 900, 61, 61, 61, 4, 61];

    /// <summary>The state after a packet.</summary>
    /// <param name="state">The state before.</param>
    /// <param name="chunk">What the packet counts by; chunks that stand for nothing count as data.</param>
    /// <param name="side">What IPVS sees of the association, and which side sent this.</param>
    public static IpvsSctpState After(IpvsSctpState state, SctpChunkType chunk, IpvsSide side) =>
        (IpvsSctpState)Next[((((int)side * Events) + EventOf(chunk)) * States) + (int)state];

    /// <summary>True for the state in which an association counts as active.</summary>
    public static bool IsActive(IpvsSctpState state) => state == IpvsSctpState.Established;

    /// <summary>What a packet counts by. False for one without a chunk, which changes nothing.</summary>
    /// <param name="packet">From the SCTP header on.</param>
    /// <param name="chunk">The chunk's type.</param>
    internal static bool TryChunkOf(ReadOnlySpan<byte> packet, out SctpChunkType chunk)
    {
        SctpPacket chunks = new(packet);
        chunk = default;
        if (!chunks.MoveNext())
            return false;
        chunk = chunks.Type;
        if (chunk is SctpChunkType.CookieEcho or SctpChunkType.CookieAck && chunks.Length >= SctpPacket.ChunkHeadBytes && chunks.MoveNext() && chunks.Type == SctpChunkType.Abort)
            chunk = SctpChunkType.Abort;
        return true;
    }

    private static int EventOf(SctpChunkType chunk) => chunk switch
    {
        SctpChunkType.Init => 1,
        SctpChunkType.InitAck => 2,
        SctpChunkType.CookieEcho => 3,
        SctpChunkType.CookieAck => 4,
        SctpChunkType.Shutdown => 5,
        SctpChunkType.ShutdownAck => 6,
        SctpChunkType.ShutdownComplete => 7,
        SctpChunkType.Error => 8,
        SctpChunkType.Abort => 9,
        _ => 0,
    };
}
