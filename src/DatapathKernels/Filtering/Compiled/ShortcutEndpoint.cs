using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using DatapathKernels.Packets;

namespace DatapathKernels.Filtering;

/// <summary>One endpoint of a <see cref="Shortcut"/>, 12 bytes.</summary>
[StructLayout(LayoutKind.Sequential, Size = 12)]
internal struct ShortcutEndpoint
{
    /// <summary>In <see cref="Bits"/>: the DNAT names a port.</summary>
    public const byte WithPort = 1;

    /// <summary>In <see cref="Bits"/>: packets that come from <see cref="Address"/> itself meet another rule first, and walk.</summary>
    public const byte Hairpin = 2;

    /// <summary>The new destination, as it stands on the wire.</summary>
    public uint Address;

    /// <summary>The number of its DNAT rule.</summary>
    public int Number;

    /// <summary>The new port, host order.</summary>
    public ushort Port;

    public NatFlags Flags;

    public byte Bits;

    /// <summary>True when a packet from that source (as on the wire) walks.</summary>
    public readonly bool IsHairpinOf(uint source) => (Bits & Hairpin) != 0 & source == Address;

    /// <summary>What DNAT puts into a verdict.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly void Bind(ref NatBinding binding)
    {
        binding.Address = IPv6Address.OfV4(Address);
        (binding.Port, binding.HighPort, binding.Kind, binding.Flags) = (Port, Port, NatKind.Dnat, Flags);
        (binding.HasAddress, binding.HasPort) = (true, (Bits & WithPort) != 0);
    }
}
