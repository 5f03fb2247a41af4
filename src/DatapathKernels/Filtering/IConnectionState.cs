using DatapathKernels.Packets;

namespace DatapathKernels.Filtering;

/// <summary>
/// The seam between the tables and connection tracking: a walk over several hooks tells it where the kernel's conntrack and
/// nat would act. A struct, so the calls are direct.
/// </summary>
public interface IConnectionState
{
    /// <summary>
    /// Between raw and mangle at PREROUTING and OUTPUT: finds or starts the packet's connection and sets state, status and
    /// connection mark in <paramref name="meta"/>. Not called for packets that are exempt (NOTRACK).
    /// </summary>
    /// <returns>False when there is no room for a new connection: the packet is dropped.</returns>
    bool Track(ReadOnlySpan<byte> frame, in PacketInfo info, ref PacketMeta meta);

    /// <summary>
    /// At a hook of the nat table: its rules are to be asked when the connection has no translation of that side yet.
    /// Otherwise the connection's own translation, if any, has been written into the frame, or the packet is to be dropped because it could not be.
    /// </summary>
    NatTurn TakeNat(Hook hook, Span<byte> frame, in PacketInfo info, ref PacketMeta meta);

    /// <summary>
    /// After the nat rules were asked: remembers what they chose (a binding without kind when nothing), and that they were
    /// asked, and writes the translation into the frame. Ports, and which of several sources, are the connection table's to decide, which
    /// knows the free ones and those in use.
    /// </summary>
    /// <returns>
    /// How far it could be written. The packet is dropped, as the kernel drops it, for <see cref="RewriteStatus.NotWhole"/> and all behind it.
    /// </returns>
    RewriteStatus Bind(Hook hook, in NatBinding binding, in NatLatitude latitude, Span<byte> frame, in PacketInfo info, ref PacketMeta meta);

    /// <summary>A target changed the connection's mark: it is now <see cref="PacketMeta.ConnectionMark"/>.</summary>
    void Remark(in PacketMeta meta);

    /// <summary>
    /// At the end of INPUT and POSTROUTING, when nothing dropped the packet: a new connection enters the table. False when
    /// there is no room for it, or another took its place: then the packet is dropped.
    /// </summary>
    bool Confirm(ref PacketMeta meta);

    /// <summary>
    /// The packet goes no further: what would have been its new connection is forgotten. Called when a table drops the packet; after an answer
    /// to a rejected one, and where the caller itself drops it between hooks, the call is the caller's.
    /// </summary>
    void Forget();

    /// <summary>
    /// The packet's connection as it is now. Called after <see cref="Track"/> and <see cref="Bind"/>, and only when the ruleset
    /// looks at it. False when the packet has none, or nothing is known of it: then no such match fits, nor its negation.
    /// </summary>
    bool TryDescribe(in PacketMeta meta, out ConnectionRecord record);
}
