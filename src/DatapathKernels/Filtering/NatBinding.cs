using System.Runtime.InteropServices;
using DatapathKernels.Packets;

namespace DatapathKernels.Filtering;

/// <summary>A translation that a nat rule chose, 24 bytes.</summary>
[StructLayout(LayoutKind.Sequential, Size = 24)]
public struct NatBinding
{
    /// <summary>The chosen address as it stands on the wire; IPv4 in the first four bytes. Meaningful when <see cref="HasAddress"/>.</summary>
    public IPv6Address Address;

    /// <summary>First port to choose from, host order; for DNAT the chosen port. Meaningful when <see cref="HasPort"/>.</summary>
    public ushort Port;

    /// <summary>Last port to choose from, host order; for DNAT the chosen port.</summary>
    public ushort HighPort;

    /// <summary>Which translation; <see cref="NatKind.None"/> when there is none.</summary>
    public NatKind Kind;

    /// <summary>How the rule wants ports chosen.</summary>
    public NatFlags Flags;

    /// <summary>True when the rule names an address.</summary>
    public bool HasAddress;

    /// <summary>True when the rule names a port or a range.</summary>
    public bool HasPort;
}
