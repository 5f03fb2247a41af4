using System.Numerics;
using System.Runtime.CompilerServices;
using DatapathKernels.Packets;

namespace DatapathKernels.LoadBalancing;

/// <summary>
/// Which addresses and ports were seen, one bit of 2^n by their hash: "no" is sure, "perhaps" is for the index to say. Servers and services are few where clients are
/// many, so that a packet's source that is no server's, or a client that is no service, is known by a bit that stays in the second cache.
/// </summary>
/// <remarks>Nothing is taken out: where very many servers came and went it says "perhaps" more often than it should, which costs a lookup.</remarks>
internal sealed class EndpointFilter
{
    private const int LeastBits = 10, MostBits = 20;

    private readonly ulong[] _bits;
    private readonly int _shift;

    /// <summary>Makes an empty filter.</summary>
    /// <param name="connections">How many connections there may be, which bounds what can be told apart.</param>
    public EndpointFilter(int connections)
    {
        int bits = Math.Clamp(BitOperations.Log2((uint)connections) + 3, LeastBits, MostBits);
        _bits = new ulong[1 << (bits - 6)];
        _shift = 64 - bits;
    }

    public long MemoryBytes => (long)_bits.Length * sizeof(ulong);

    /// <summary>Sees an address and port.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(uint address, ushort port)
    {
        ulong hash = HashOf(address, port);
        ref ulong word = ref _bits[hash >> 6];
        if ((word >> (int)hash & 1) == 0)
            word |= 1UL << (int)hash;
    }

    /// <summary>False when the address and port were not seen.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool MayHold(uint address, ushort port)
    {
        ulong hash = HashOf(address, port);
        return (_bits[hash >> 6] >> (int)hash & 1) != 0;
    }

    /// <inheritdoc cref="MayHold(uint, ushort)"/>
    public bool MayHold(in IPv6Address address, bool ipv6, ushort port) => MayHold(WordOf(address, ipv6), port);

    /// <summary>The word an address counts by.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint WordOf(in IPv6Address address, bool ipv6) => ipv6 ? SchedulingKey.Fold(address) : IPv6Address.FirstWord(address);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ulong HashOf(uint address, ushort port) => ((((ulong)address << 16) | port) * 0x9e3779b97f4a7c15) >> _shift;
}
