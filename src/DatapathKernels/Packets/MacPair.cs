using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace DatapathKernels.Packets;

/// <summary>The two addresses that begin an Ethernet header, 12 bytes, written in two stores.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 4, Size = 2 * MacAddress.Size)]
internal readonly struct MacPair
{
    private readonly ulong _first;
    private readonly uint _last;

    /// <param name="to">The destination, which comes first.</param>
    /// <param name="from">The source.</param>
    public MacPair(MacAddress to, MacAddress from)
    {
        Span<byte> bytes = stackalloc byte[2 * MacAddress.Size];
        to.CopyTo(bytes);
        from.CopyTo(bytes[MacAddress.Size..]);
        (_first, _last) = (MemoryMarshal.Read<ulong>(bytes), MemoryMarshal.Read<uint>(bytes[sizeof(ulong)..]));
    }

    /// <summary>Writes both.</summary>
    /// <param name="frame">The first byte of an Ethernet frame.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Write(ref byte frame)
    {
        // SAFE: an Ethernet header is there.
        Unsafe.WriteUnaligned(ref frame, _first);
        Unsafe.WriteUnaligned(ref Unsafe.Add(ref frame, sizeof(ulong)), _last);
    }
}
