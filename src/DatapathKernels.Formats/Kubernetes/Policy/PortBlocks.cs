using System.Numerics;

namespace DatapathKernels.Formats.Kubernetes.Policy;

/// <summary>Ranges of ports as prefixes.</summary>
internal static class PortBlocks
{
    /// <summary>
    /// The fewest blocks that make up a range, in order, each a first port and its leading bits that count. At each step the
    /// largest block that is aligned there and ends inside; at most 30 in all.
    /// </summary>
    public static IEnumerable<(ushort Port, byte Bits)> Of(ushort first, ushort last)
    {
        for (int port = first; port <= last;)
        {
            int aligned = port == 0 ? 16 : BitOperations.TrailingZeroCount(port), fits = BitOperations.Log2((uint)(last - port + 1));
            int free = Math.Min(aligned, fits);
            yield return ((ushort)port, (byte)(16 - free));
            port += 1 << free;
        }
    }
}
