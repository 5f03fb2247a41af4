using System.Runtime.InteropServices;

namespace DatapathKernels.Filtering;

/// <summary>One endpoint of a <see cref="Shortcut"/>, 12 bytes.</summary>
[StructLayout(LayoutKind.Sequential, Size = 12)]
internal struct ShortcutEndpoint
{
    /// <summary>In <see cref="Mark"/>: packets that come from <see cref="Address"/> itself meet another rule first, and walk.</summary>
    public const uint Hairpin = 1u << 31;

    /// <summary>The new destination, as it stands on the wire.</summary>
    public uint Address;

    /// <summary>The number of its DNAT rule, and <see cref="Hairpin"/>.</summary>
    public uint Mark;

    /// <summary>The new port, host order; 0 when the packet keeps its own.</summary>
    public ushort Port;

    /// <summary>What the new destination adds to checksums, and the old one no longer: see <see cref="Packets.InternetChecksum.Difference"/>.</summary>
    public ushort Difference;

    /// <summary>The number of its DNAT rule.</summary>
    public readonly int Number => (int)(Mark & ~Hairpin);

    /// <summary>True when a packet from that source (as on the wire) walks.</summary>
    public readonly bool IsHairpinOf(uint source) => (Mark >= Hairpin) & (source == Address);
}
