using System.Runtime.CompilerServices;
using DatapathKernels.Packets;

namespace DatapathKernels.Overlay;

/// <summary>The TTL or hop limit of a packet that is above 1.</summary>
internal static class HopLimit
{
    /// <summary>Takes one off, and mends IPv4's header checksum.</summary>
    /// <param name="packet">The first byte of an IP packet whose fixed header is there.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Decrement(ref byte packet)
    {
        if (packet >> 4 == 6)
        {
            Unsafe.Add(ref packet, 7)--;
            return;
        }

        ref byte fields = ref Unsafe.Add(ref packet, 8);
        uint old = OuterHeader.ReadBigEndian(ref fields);
        OuterHeader.WriteBigEndian(ref fields, ((old & 0xffff_0000) - 0x0100_0000) | InternetChecksum.DecrementTtl((ushort)old));
    }
}
