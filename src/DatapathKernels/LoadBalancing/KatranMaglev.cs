using System.Buffers.Binary;
using DatapathKernels.Hashing;

namespace DatapathKernels.LoadBalancing;

/// <summary>Katran's rings (<c>MaglevHash</c>, <c>MaglevHashV2</c>), bit for bit, and the hash its datapath picks a slot by.</summary>
/// <remarks>
/// Slots hold places in the list of backends. The list's order is part of the input: Katran sorts the real servers of a
/// service by <see cref="KatranBackend.Hash"/> before it builds. Anybody may compute these hashes: they have no secret.
/// </remarks>
public static partial class KatranMaglev
{
    /// <summary>Katran's number of slots.</summary>
    public const int DefaultSize = 65_537;

    private const uint OffsetSeed = 0, SkipSeed = 2307;
    private const ulong OffsetSalt = 42, SkipSalt = 2_718_281_828;

    /// <summary>The permutation of a backend.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A size below 3.</exception>
    public static MaglevPermutation PermutationOf(ulong hash, int size = DefaultSize)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(size, 3);
        return new((uint)(Murmur(hash, OffsetSalt, OffsetSeed) % (uint)size), (uint)(Murmur(hash, SkipSalt, SkipSeed) % ((uint)size - 1)) + 1);
    }

    /// <summary>
    /// The first form. A weight is a number of turns in the first round; every later round gives one turn each. Weights are
    /// extra slots, not proportions, and when they add up to more than the ring the last backends get none.
    /// </summary>
    /// <param name="backends">The backends, sorted; without any, every lookup answers <see cref="MaglevTable.NoBackend"/>.</param>
    /// <param name="size">Slots, a prime.</param>
    /// <exception cref="ArgumentOutOfRangeException">The size is not a prime, or there are too many backends.</exception>
    public static MaglevTable Build(ReadOnlySpan<KatranBackend> backends, int size = DefaultSize)
    {
        KatranRing ring = new(backends, size);
        for (int backend = 0; backend < backends.Length && ring.Free > 0; backend++)
        {
            for (uint turn = 0; turn < backends[backend].Weight && ring.Free > 0; turn++)
                ring.Claim(backend);
        }

        while (ring.Free > 0 && !backends.IsEmpty)
        {
            for (int backend = 0; backend < backends.Length && ring.Free > 0; backend++)
                ring.Claim(backend);
        }

        return ring.ToTable();
    }

    /// <summary>
    /// The second form. Every round adds its weight to each backend's account, and who has the largest weight on his account
    /// spends that for a slot: shares are proportional to the weights. A lone backend gets everything.
    /// </summary>
    /// <inheritdoc cref="Build"/>
    public static MaglevTable BuildV2(ReadOnlySpan<KatranBackend> backends, int size = DefaultSize)
    {
        KatranRing ring = new(backends, size);
        uint largest = 0;
        foreach (KatranBackend backend in backends)
            largest = Math.Max(largest, backend.Weight);
        ulong[] accounts = new ulong[backends.Length];
        while (ring.Free > 0 && !backends.IsEmpty)
        {
            for (int backend = 0; backend < backends.Length && ring.Free > 0; backend++)
            {
                accounts[backend] += backends[backend].Weight;
                if (accounts[backend] < largest)
                    continue;
                accounts[backend] -= largest;
                ring.Claim(backend);
            }
        }

        return ring.ToTable();
    }

    /// <summary>The first half of MurmurHash3 x64-128 over two words.</summary>
    private static ulong Murmur(ulong first, ulong second, uint seed)
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, first);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[8..], second);
        return Murmur3.X64(bytes, seed).H1;
    }
}
