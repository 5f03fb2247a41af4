using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using DatapathKernels.Packets;

namespace DatapathKernels.Filtering;

/// <summary>
/// What is left of the walk of a packet that a dispatch rule matched exactly, worked out beforehand: one of several endpoints is
/// drawn, and its DNAT ends the walk. kube-proxy's services are of this shape. With three endpoints it fills a cache line.
/// <code>
///  0             4        8            12      14      15        16            16 + 4 * draws
///  | source mask | source | first jump | draws | flags | port?  | limit | ... | endpoint | endpoint | ...
/// </code>
/// Only packets whose source fits take it; others (of the service's chain's rule <c>! -s network -j KUBE-MARK-MASQ</c>) walk.
/// A limit is the threshold of a draw less one, so that a signed compare of 31 bits says all: threshold 0 is never, 2^31 always.
/// </summary>
[StructLayout(LayoutKind.Sequential, Size = 16)]
internal unsafe struct Shortcut
{
    /// <summary>The most draws: services of more endpoints are walked.</summary>
    public const int MostDraws = 255;

    /// <summary>What the source must be, as it stands on the wire.</summary>
    public uint SourceMask, Source;

    /// <summary>The number of the rule that jumps to the first endpoint; those of the others follow.</summary>
    public int FirstJump;

    /// <summary>Number of endpoints that are taken when a draw is within their limit; one more stands behind them.</summary>
    public ushort Draws;

    /// <summary>Of all its DNAT rules.</summary>
    public NatFlags Flags;

    /// <summary>True when all its DNAT rules name a port, false when none does.</summary>
    public bool HasPort;

    /// <summary>What the DNAT of one of its endpoints puts into a verdict.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Bind(Shortcut* shortcut, ShortcutEndpoint* endpoint, ref NatBinding binding)
    {
        binding.Address = IPv6Address.OfV4(endpoint->Address);
        (binding.Port, binding.HighPort, binding.Kind, binding.Flags) = (endpoint->Port, endpoint->Port, NatKind.Dnat, shortcut->Flags);
        (binding.HasAddress, binding.HasPort) = (true, shortcut->HasPort);
    }

    /// <summary>Bytes of a record.</summary>
    public static int BytesOf(int draws) => sizeof(Shortcut) + (draws * sizeof(int)) + ((draws + 1) * sizeof(ShortcutEndpoint));

    /// <summary>The limits, behind the head.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int* LimitsOf(Shortcut* shortcut) => (int*)(shortcut + 1);

    /// <summary>The endpoints, behind the limits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ShortcutEndpoint* EndpointsOf(Shortcut* shortcut) => (ShortcutEndpoint*)(LimitsOf(shortcut) + shortcut->Draws);
}
