using System.Runtime.InteropServices;
using DatapathKernels.Packets;

namespace DatapathKernels.Conntrack;

/// <summary>
/// One connection: 176 bytes. What a packet reads is together, whichever way it goes, so that it touches two or three lines: the opener's 0 to 123, the
/// answering side's 40 to 167. IPv4 addresses stand as <c>::ffff:a.b.c.d</c>.
/// <code>
///  0          40                   64         124    128      168     176
///  | original | lifetime and links | protocol | used | reply  | source |
/// </code>
/// </summary>
[StructLayout(LayoutKind.Sequential, Size = 176)]
internal struct Connection
{
    /// <summary>What the opener's packets look like.</summary>
    public FlowKeyV6 Original;

    /// <summary>Milliseconds of the caller's clock, modulo 2^32: compared by difference.</summary>
    public uint ExpiresMs;

    /// <summary>
    /// The next in the chain of the original tuple, and of the reply tuple: see <see cref="TupleChains"/>. Before the connection is confirmed the first is
    /// the number of the chain it will enter.
    /// </summary>
    public int NextOriginal, NextReply;

    public uint Mark;
    public ConntrackStatus Status;
    public bool IsLive;

    /// <inheritdoc cref="ExpiresMs"/>
    public uint CreatedMs;

    /// <summary>What its protocol's tracker knows.</summary>
    public ProtocolState Protocol;

    /// <summary>When its last packet came, kept under <see cref="EvictionPolicy.Lru"/> only.</summary>
    public uint UsedMs;

    /// <summary>What the answers look like as they come in.</summary>
    public FlowKeyV6 Reply;

    /// <summary>The next in the chain of its source: see <see cref="SourceChains"/>.</summary>
    public int NextOfSource;

    public readonly bool Has(ConntrackStatus status) => (Status & status) != 0;

    public readonly bool IsOver(uint nowMs) => (int)(ExpiresMs - nowMs) <= 0;
}
