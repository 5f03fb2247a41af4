using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace DatapathKernels.Datapaths;

/// <summary>
/// An entry of the connection map (<c>struct ct_entry</c>), 8 bytes:
/// <code>
///  bit 0   8        32        64
///  | flags | number | expires |
/// </code>
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly struct EbpfConnection
{
    /// <summary>Backends and frontends are numbered below this.</summary>
    public const int MaxNumber = (1 << 24) - 1;

    private const int FlagBits = 8, ExpiresShift = 32;

    // One word, so that an entry is read, changed and written as one.
    private readonly ulong _word;

    /// <summary>A new entry, without packets yet.</summary>
    /// <param name="number">See <see cref="Number"/>.</param>
    public EbpfConnection(int number) => _word = (ulong)(uint)number << FlagBits;

    private EbpfConnection(ulong word) => _word = word;

    /// <summary>When it ends without packets, seconds of the caller's clock.</summary>
    public uint ExpiresSeconds => (uint)(_word >> ExpiresShift);

    /// <summary>
    /// Of a service's entry: the backend, plus one. Of any other: the frontend whose name its answers get, plus one; 0 for none.
    /// </summary>
    public int Number => (int)((uint)_word >> FlagBits);

    public EbpfConnectionFlags Flags => (EbpfConnectionFlags)_word;

    /// <summary>All of it.</summary>
    public ulong Word => _word;

    /// <summary>This entry, used again.</summary>
    public EbpfConnection Used => new(_word | (ulong)EbpfConnectionFlags.Used);

    /// <summary>This entry, allowed by the policy.</summary>
    public EbpfConnection Allowed => new(_word | (ulong)EbpfConnectionFlags.Allowed);

    /// <summary>This entry, for the policy to decide about again.</summary>
    public EbpfConnection Undecided => new(_word & ~(ulong)EbpfConnectionFlags.Allowed);

    public bool IsAlive => (Flags & EbpfConnectionFlags.BothClosing) != EbpfConnectionFlags.BothClosing;

    /// <summary>
    /// The entry of a service after a packet to it (<c>bpf/lib/conntrack.h</c>): it is over as soon as one side closes, and the next connection of that client may go elsewhere.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public EbpfConnection AfterService(EbpfSegment segment, in EbpfLifetimes lifetimes, uint now) =>
        Prolonged(_word | (segment.IsClosing ? (ulong)EbpfConnectionFlags.BothClosing : 0), segment, lifetimes, now);

    /// <summary>The entry of a connection after a packet of one side.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public EbpfConnection AfterSide(EbpfSegment segment, bool isReply, in EbpfLifetimes lifetimes, uint now)
    {
        ulong word = _word;
        if (segment.IsClosing)
        {
            // A reset before both sides were heard refuses the connection.
            bool refuses = (segment.Flags & Packets.TcpFlags.Rst) != 0 && (word & (ulong)EbpfConnectionFlags.SeenReply) == 0;
            word |= (ulong)(refuses ? EbpfConnectionFlags.BothClosing : isReply ? EbpfConnectionFlags.AnswererClosing : EbpfConnectionFlags.OpenerClosing);
        }

        return Prolonged(word | (isReply ? (ulong)EbpfConnectionFlags.SeenReply : 0), segment, lifetimes, now);
    }

    /// <summary>
    /// True when the policy allowed the connection and did not change since: every packet moves the end on, so that the end tells when the last one was seen.
    /// </summary>
    /// <param name="isTcp">It is a TCP connection.</param>
    /// <param name="lifetimes">How long it lives.</param>
    /// <param name="changedSeconds">When the policy changed last.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool IsAllowedSince(bool isTcp, in EbpfLifetimes lifetimes, uint changedSeconds) =>
        (_word & (ulong)EbpfConnectionFlags.Allowed) != 0 && SeenSeconds(isTcp, lifetimes) > changedSeconds;

    /// <summary>When its last packet was seen.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public uint SeenSeconds(bool isTcp, in EbpfLifetimes lifetimes) => ExpiresSeconds - Lifetime(_word, isTcp, lifetimes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Lifetime(ulong word, bool isTcp, in EbpfLifetimes lifetimes) => !isTcp ? lifetimes.Any
        : (word & (ulong)EbpfConnectionFlags.BothClosing) == (ulong)EbpfConnectionFlags.BothClosing ? lifetimes.Fin
        : (word & (ulong)EbpfConnectionFlags.SeenNonSyn) != 0 ? lifetimes.Tcp : lifetimes.Syn;

    /// <summary>
    /// The entry after a packet of its opener that is no SYN, FIN or reset, while not both sides have closed: what <see cref="AfterService"/> and <see cref="AfterSide"/> come
    /// to then.
    /// </summary>
    /// <param name="word">The entry's word.</param>
    /// <param name="seen">What was seen of it by that: <see cref="SeenBits"/>.</param>
    /// <param name="expires">When it ends, in seconds, in the upper half.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static EbpfConnection Continued(ulong word, uint seen, ulong expires) => new((uint)word | seen | expires);

    /// <summary>What a packet that continues a connection shows.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint SeenBits(bool isTcp) => (uint)(isTcp ? EbpfConnectionFlags.SeenNonSyn | EbpfConnectionFlags.Used : EbpfConnectionFlags.Used);

    /// <summary>When a connection ends that goes on now, seconds, in the upper half.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Expires(bool isTcp, in EbpfLifetimes lifetimes, uint now) => (ulong)(now + (isTcp ? lifetimes.Tcp : lifetimes.Any)) << ExpiresShift;

    /// <summary>By words and not by properties: an entry stays in a register, where one that is changed in place goes through memory at each step.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static EbpfConnection Prolonged(ulong word, EbpfSegment segment, in EbpfLifetimes lifetimes, uint now)
    {
        if (segment.IsTcp && (segment.Flags & Packets.TcpFlags.Syn) == 0)
            word |= (ulong)EbpfConnectionFlags.SeenNonSyn;
        return new EbpfConnection((uint)word | ((ulong)(now + Lifetime(word, segment.IsTcp, lifetimes)) << ExpiresShift));
    }
}
