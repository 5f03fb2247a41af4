using System.Runtime.InteropServices;
using DatapathKernels.Packets;

namespace DatapathKernels.Conntrack;

/// <summary>
/// One connection: 176 bytes, of which a packet reads the two lines of its tuple and state. IPv4 addresses stand as <c>::ffff:a.b.c.d</c>.
/// </summary>
[StructLayout(LayoutKind.Sequential, Size = 176)]
internal struct Connection
{
    /// <summary>What the opener's packets look like, and what the answers look like as they come in.</summary>
    public FlowKeyV6 Original, Reply;

    /// <summary>What its protocol's tracker knows.</summary>
    public ProtocolState Protocol;

    /// <summary>Milliseconds of the caller's clock, modulo 2^32: compared by difference.</summary>
    public uint ExpiresMs, CreatedMs;

    /// <summary>The next in the chain of the original tuple, and of the reply tuple: see <see cref="TupleChains"/>.</summary>
    public int NextOriginal, NextReply;

    /// <summary>The next in the chain of its source: see <see cref="SourceChains"/>.</summary>
    public int NextOfSource;

    /// <summary>When its last packet came, kept under <see cref="EvictionPolicy.Lru"/> only.</summary>
    public uint UsedMs;

    public uint Mark;
    public ConntrackStatus Status;
    public bool IsLive;

    public readonly bool Has(ConntrackStatus status) => (Status & status) != 0;

    public readonly bool IsOver(uint nowMs) => (int)(ExpiresMs - nowMs) <= 0;
}
