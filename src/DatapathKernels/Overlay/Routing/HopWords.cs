using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using DatapathKernels.Packets;

namespace DatapathKernels.Overlay;

/// <summary>A <see cref="DirectHop"/> as it is written: both MAC addresses in two stores.</summary>
internal readonly struct HopWords
{
    private readonly ulong _first;
    private readonly uint _second, _port;

    public HopWords(in DirectHop hop)
    {
        Span<byte> addresses = stackalloc byte[2 * MacAddress.Size];
        hop.Mac.CopyTo(addresses);
        hop.FromMac.CopyTo(addresses[MacAddress.Size..]);
        (_first, _second, _port) = (MemoryMarshal.Read<ulong>(addresses), MemoryMarshal.Read<uint>(addresses[sizeof(ulong)..]), hop.Port);
    }

    /// <summary>Writes the addresses.</summary>
    /// <param name="frame">The first byte of an Ethernet frame.</param>
    /// <returns>The port it leaves by.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public uint Write(ref byte frame)
    {
        Unsafe.WriteUnaligned(ref frame, _first);
        Unsafe.WriteUnaligned(ref Unsafe.Add(ref frame, sizeof(ulong)), _second);
        return _port;
    }
}
