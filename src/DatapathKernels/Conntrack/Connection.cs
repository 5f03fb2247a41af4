using System.Runtime.InteropServices;
using DatapathKernels.Packets;

namespace DatapathKernels.Conntrack;

/// <summary>
/// One connection: 128 bytes, two cache lines. The first says which connection it is and is read by every packet; the second says how it stands and is all that
/// packets write.
/// <code>
///  0          16      32         40          48        52     56     60     64
///  | original | reply | (unused)             | created | mark | next | hash |     two IPv4 tuples
///  | original                    | reply, end| created | mark | next | hash |     any other: see <see cref="ConnectionStore"/>
///
///  64                                120       124      126        127    128
///  | what the tracker knows          | expires | status | protocol | form |
/// </code>
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = Bytes)]
internal struct Connection
{
    public const int Bytes = 128, StateOffset = 64;

    /// <summary>What the opener's packets look like, when both tuples are IPv4's.</summary>
    [FieldOffset(0)]
    public FlowKeyV4 CompactOriginal;

    /// <summary>What the answers look like as they come in, likewise.</summary>
    [FieldOffset(16)]
    public FlowKeyV4 CompactReply;

    /// <summary>What the opener's packets look like, in any other case.</summary>
    [FieldOffset(0)]
    public FlowKeyV6 WideOriginal;

    /// <summary>Then the last eight bytes of the reply tuple, as they stand in a <see cref="FlowKeyV6"/>; its addresses are beside.</summary>
    [FieldOffset(40)]
    public ulong WideReplyEnd;

    /// <summary>Milliseconds of the caller's clock, modulo 2^32: compared by difference.</summary>
    [FieldOffset(48)]
    public uint CreatedMs;

    /// <summary>Its mark.</summary>
    [FieldOffset(52)]
    public uint Mark;

    /// <summary>The next in the chain of its source (see <see cref="SourceChains"/>), or the next free place.</summary>
    [FieldOffset(56)]
    public int Next;

    /// <summary>The hash of its original tuple.</summary>
    [FieldOffset(60)]
    public uint OriginalHash;

    /// <summary>What its protocol's tracker knows.</summary>
    [FieldOffset(StateOffset)]
    public ProtocolState Tracker;

    /// <inheritdoc cref="CreatedMs"/>
    [FieldOffset(120)]
    public uint ExpiresMs;

    /// <summary>The four fields below in one.</summary>
    [FieldOffset(124)]
    public uint Summary;

    /// <summary>Its status bits.</summary>
    [FieldOffset(124)]
    public ConntrackStatus Status;

    /// <summary>Its protocol, which both tuples have.</summary>
    [FieldOffset(126)]
    public IpProtocol Protocol;

    /// <summary>How its tuples are kept.</summary>
    [FieldOffset(127)]
    public TupleForm Form;

    public readonly bool IsLive => Form is TupleForm.Compact or TupleForm.Wide;

    public readonly bool IsWide => (Form & TupleForm.Wide) != 0;

    public readonly bool Has(ConntrackStatus status) => (Status & status) != 0;

    public readonly bool IsOver(uint nowMs) => (int)(ExpiresMs - nowMs) <= 0;
}
