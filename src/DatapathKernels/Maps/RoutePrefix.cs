using System.Runtime.InteropServices;

namespace DatapathKernels.Maps;

/// <summary>A route's destination as a key, 24 bytes without gaps: the network's bits at the top, and how many of them count.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly struct RoutePrefix(UInt128 bits, int length)
{
    private readonly ulong _high = (ulong)(bits >> 64), _low = (ulong)bits, _length = (ulong)length;

    /// <summary>The network, left-aligned; zero behind the prefix.</summary>
    public UInt128 Bits => new(_high, _low);

    /// <summary>Bits of the prefix.</summary>
    public int Length => (int)_length;

    /// <summary>The first <paramref name="length"/> bits alone.</summary>
    public static RoutePrefix Of(UInt128 bits, int length) => new(bits & Mask(length), length);

    /// <summary>A mask of that many leading bits.</summary>
    public static UInt128 Mask(int length) => length == 0 ? UInt128.Zero : UInt128.MaxValue << (128 - length);
}
