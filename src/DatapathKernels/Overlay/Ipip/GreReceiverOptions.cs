using DatapathKernels.Packets;

namespace DatapathKernels.Overlay;

/// <summary>What a <see cref="GreReceiver"/> takes for its own. The defaults are those of a Linux <c>gre</c> device.</summary>
public sealed record GreReceiverOptions
{
    /// <summary>The only IPv4 address outer packets may be for, in the first four bytes; null for any.</summary>
    public IPv6Address? LocalV4 { get; init; }

    /// <summary>The only IPv6 address outer packets may be for; null for any.</summary>
    public IPv6Address? LocalV6 { get; init; }

    /// <summary>The key packets must have, host order (<c>ikey</c>); null: they must have none.</summary>
    public uint? Key { get; init; }

    /// <summary>Packets may have any key or none (<c>external</c>); <see cref="Key"/> does not count then.</summary>
    public bool AcceptsAnyKey { get; init; }

    /// <summary>
    /// True: packets must have a checksum (<c>icsum</c>). False: they must have none, as Linux insists. Null: as they like. One that is
    /// there must be right.
    /// </summary>
    public bool? ExpectsChecksum { get; init; } = false;

    /// <summary>Packets must have sequence numbers that do not go back (<c>iseq</c>); else they are not looked at.</summary>
    public bool ExpectsSequence { get; init; }
}
