using System.Runtime.InteropServices;

namespace DatapathKernels.Filtering;

/// <summary>One endpoint of a <see cref="Shortcut"/>, 12 bytes.</summary>
[StructLayout(LayoutKind.Sequential, Size = 12)]
internal struct ShortcutEndpoint
{
    /// <summary>The number of its DNAT rule.</summary>
    public int Number;

    /// <summary>The new destination, as it stands on the wire.</summary>
    public uint Address;

    /// <summary>The new port, host order; 0 when the packet keeps its own.</summary>
    public ushort Port;

    /// <summary>What the new destination adds to checksums, and the old one no longer: see <see cref="Packets.InternetChecksum.Difference"/>.</summary>
    public ushort Difference;
}
