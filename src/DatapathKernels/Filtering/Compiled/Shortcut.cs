using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using DatapathKernels.Packets;
using DatapathKernels.Simd;

namespace DatapathKernels.Filtering;

/// <summary>
/// What is left of the walk of a packet that a dispatch rule matched exactly, worked out beforehand: one of several endpoints is
/// drawn, and its DNAT ends the walk. kube-proxy's services are of this shape. With three endpoints it is one cache line to read, and
/// one to write.
/// <code>
///  0             4        8                                    12      14       15         16            16 + 4 * draws
///  | source mask | source | kind, flags, address?, port?: 1 each | draws | counts | hairpins? | limit | ... | endpoint | endpoint | ...
///  counts * 64
///  | <see cref="ShortcutCounts"/> | counters of endpoint 0 | of endpoint 1 | ...
/// </code>
/// Only packets whose source fits take it; others (of the service's chain's rule <c>! -s network -j KUBE-MARK-MASQ</c>) walk.
/// A limit is the threshold of a draw less one, so that a signed compare of 31 bits says all: threshold 0 is never, 2^31 always.
/// The rules on the way to an endpoint (dispatch, jump, DNAT) count the same packets, so one counter stands for all three; who reads
/// counters adds it to theirs.
/// </summary>
[StructLayout(LayoutKind.Sequential, Size = 16)]
internal unsafe struct Shortcut
{
    /// <summary>The most draws: services of more endpoints are walked.</summary>
    public const int MostDraws = 255;

    /// <summary>What the source must be, as it stands on the wire.</summary>
    public uint SourceMask, Source;

    /// <summary>The last four bytes of the <see cref="NatBinding"/> of all its DNAT rules.</summary>
    public NatKind Kind;

    public NatFlags Flags;

    public bool HasAddress;

    /// <summary>True when all its DNAT rules name a port, false when none does.</summary>
    public bool HasPort;

    /// <summary>Number of endpoints that are taken when a draw is within their limit; one more stands behind them.</summary>
    public ushort Draws;

    /// <summary>The line its counters begin at.</summary>
    public byte CountsLine;

    /// <summary>True when packets that come from the endpoint they draw meet another rule first, and walk; for all of its endpoints or none.</summary>
    public bool HasHairpins;

    /// <summary>Bytes of a record.</summary>
    public static int BytesOf(int draws) => LineOfCounts(draws) * ShortcutRecords.LineBytes + sizeof(ShortcutCounts) + ((draws + 1) * sizeof(RuleCounters));

    /// <summary>What is read of a record fills the lines before this one.</summary>
    public static int LineOfCounts(int draws) =>
        (sizeof(Shortcut) + (draws * sizeof(int)) + ((draws + 1) * sizeof(ShortcutEndpoint)) + ShortcutRecords.LineBytes - 1) / ShortcutRecords.LineBytes;

    /// <summary>The limits, behind the head.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int* LimitsOf(Shortcut* shortcut) => (int*)(shortcut + 1);

    /// <summary>The endpoints, behind the limits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ShortcutEndpoint* EndpointsOf(Shortcut* shortcut, int draws) => (ShortcutEndpoint*)(LimitsOf(shortcut) + draws);

    /// <summary>False when a packet from that source (as on the wire) walks: it must be masqueraded, or comes from the endpoint it drew.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsFor(Shortcut* shortcut, ShortcutEndpoint* endpoint, uint source) =>
        (source & shortcut->SourceMask) == shortcut->Source && !(shortcut->HasHairpins & (endpoint->Address == source));

    /// <summary>Asks for what usual records have: a line to read and one to write.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Fetch(Shortcut* shortcut)
    {
        Prefetch.Read(shortcut);
        Prefetch.Read((byte*)shortcut + ShortcutRecords.LineBytes);
    }

    /// <summary>Its counters.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ShortcutCounts* CountsOf(Shortcut* shortcut) => (ShortcutCounts*)((byte*)shortcut + (shortcut->CountsLine * ShortcutRecords.LineBytes));

    /// <summary>Counts packets (low half) and bytes (high half) that drew an endpoint.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Count(Shortcut* shortcut, int endpoint, Vector128<ulong> packets)
    {
        ulong* counters = (ulong*)((RuleCounters*)(CountsOf(shortcut) + 1) + endpoint);
        (Vector128.Load(counters) + packets).Store(counters);
    }

    /// <summary>Writes the whole verdict of a packet that drew an endpoint: accepted by its DNAT rule.</summary>
    /// <remarks>An endpoint and what all share are sixteen bytes, and every byte of a verdict is one of them or zero: three shuffles instead of a dozen narrow stores.</remarks>
    // SAFE: a verdict is 60 bytes, of which each is written; twelve bytes of an endpoint stand before four of another or of the counters
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Answer(Shortcut* shortcut, ShortcutEndpoint* endpoint, ref PacketVerdict verdict)
    {
        if (!BitConverter.IsLittleEndian || !Vector128.IsHardwareAccelerated)
        {
            AnswerByFields(shortcut, endpoint, ref verdict);
            return;
        }

        const byte None = 0x80;
        Vector128<byte> source = Vector128.Load((uint*)endpoint).WithElement(3, *(uint*)&shortcut->Kind).AsByte();
        ref byte to = ref Unsafe.As<PacketVerdict, byte>(ref verdict);
        Vector128.ShuffleNative(source, Vector128.Create(None, None, None, None, 0, 1, 2, 3, None, None, None, None, 4, 5, 6, 7)).StoreUnsafe(ref to);
        Vector128.ShuffleNative(source, Vector128.Create(None, None, None, None, None, None, None, None, None, None, None, None, 8, 9, 8, 9)).StoreUnsafe(ref to, 16);
        Vector128.ShuffleNative(source, Vector128.Create(12, 13, 14, 15, None, None, None, None, None, None, None, None, None, None, None, None)).StoreUnsafe(ref to, 32);
        Vector128<byte>.Zero.StoreUnsafe(ref to, 44);
    }

    private static void AnswerByFields(Shortcut* shortcut, ShortcutEndpoint* endpoint, ref PacketVerdict verdict)
    {
        verdict = default;
        verdict.Rule = endpoint->Number;
        ref NatBinding binding = ref verdict.Destination;
        binding.Address = IPv6Address.OfV4(endpoint->Address);
        (binding.Port, binding.HighPort, binding.Kind, binding.Flags) = (endpoint->Port, endpoint->Port, shortcut->Kind, shortcut->Flags);
        (binding.HasAddress, binding.HasPort) = (shortcut->HasAddress, shortcut->HasPort);
    }
}
