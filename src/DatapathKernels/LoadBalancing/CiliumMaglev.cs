using System.Buffers.Binary;
using System.Text;
using DatapathKernels.Diagnostics;
using DatapathKernels.Hashing;

namespace DatapathKernels.LoadBalancing;

/// <summary>
/// Cilium's Maglev (<c>pkg/maglev</c>, <c>bpf/lib/lb.h</c>, <c>bpf/lib/hash.h</c>): its table bit for bit, and the hash its
/// datapath picks a slot by. One instance a seed; agents of one cluster share the seed.
/// </summary>
public sealed partial class CiliumMaglev
{
    /// <summary>Cilium's default number of slots.</summary>
    public const int DefaultSize = 16_381;

    /// <summary>Cilium's default seed. Production clusters set their own: with a known one, colliding flows are easy to make.</summary>
    public const string DefaultSeed = "JLfvgnHc2kaSUFaI";

    private static readonly int[] Sizes = [251, 509, 1021, 2039, 4093, 8191, 16_381, 32_749, 65_521, 131_071];

    private readonly uint _tableSeed, _seedV4, _seedV6;

    /// <summary>Takes a seed apart.</summary>
    /// <param name="seed">Base64 of 12 bytes: three big-endian words, for the table, for IPv4 flows and for IPv6 flows.</param>
    /// <exception cref="ArgumentException">Not base64, or not 12 bytes.</exception>
    public CiliumMaglev(string seed = DefaultSeed)
    {
        ArgumentNullException.ThrowIfNull(seed);
        Span<byte> bytes = stackalloc byte[12];
        if (seed.Length != 16 || !Convert.TryFromBase64String(seed, bytes, out int count) || count != 12)
            Throw.Argument(nameof(seed), $"expected base64 of 12 bytes, 16 characters, but got \"{seed}\"");
        _tableSeed = BinaryPrimitives.ReadUInt32BigEndian(bytes);
        _seedV4 = BinaryPrimitives.ReadUInt32BigEndian(bytes[4..]);
        _seedV6 = BinaryPrimitives.ReadUInt32BigEndian(bytes[8..]);
    }

    /// <summary>The numbers of slots Cilium accepts, in ascending order.</summary>
    public static ReadOnlySpan<int> AllowedSizes => Sizes;

    /// <summary>The permutation of a backend.</summary>
    public MaglevPermutation PermutationOf(in CiliumBackend backend, int size) => PermutationOf(backend.Identity, size);

    /// <summary>
    /// Builds the table. The order of <paramref name="backends"/> does not matter to it: Cilium sorts them by
    /// <see cref="CiliumBackend.Identity"/>. Slots hold places in the list as it was given.
    /// </summary>
    /// <param name="backends">The backends; without any, every lookup answers <see cref="MaglevTable.NoBackend"/>.</param>
    /// <param name="size">One of <see cref="AllowedSizes"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">Another size.</exception>
    public MaglevTable Build(IReadOnlyList<CiliumBackend> backends, int size = DefaultSize)
    {
        ArgumentNullException.ThrowIfNull(backends);
        if (!AllowedSizes.Contains(size))
            Throw.OutOfRange(nameof(size), size, $"expected one of {string.Join(", ", Sizes)}");
        int[] order = SortedByIdentity(backends, out string[] identities);
        MaglevPermutation[] permutations = new MaglevPermutation[backends.Count];
        for (int i = 0; i < permutations.Length; i++)
            permutations[i] = PermutationOf(identities[i], size);
        MaglevFill fill = new(size, permutations);
        if (order.Length > 0)
            FillByWeight(fill, backends, order, size);
        return fill.ToTable();
    }

    /// <summary>
    /// Turn n belongs to backend n mod N, unless it has had its share by then: share is counted in doubles and compared
    /// after truncation, as Cilium does, since another rounding gives another table.
    /// </summary>
    private static void FillByWeight(MaglevFill fill, IReadOnlyList<CiliumBackend> backends, int[] order, int size)
    {
        int count = order.Length;
        ulong[] weights = new ulong[count];
        double[] due = new double[count];
        ulong sum = 0;
        for (int i = 0; i < count; i++)
        {
            weights[i] = backends[order[i]].Weight;
            due[i] = weights[i] / (double)count;
            sum += weights[i];
        }

        bool weighted = sum / (ulong)count > 1;
        for (int turn = 0, next = 0; turn < size; turn++, next = next + 1 == count ? 0 : next + 1)
        {
            int place = next;
            if (weighted)
            {
                while (((ulong)turn + 1) * weights[place] < (ulong)due[place])
                    place = place + 1 == count ? 0 : place + 1;
                due[place] += sum;
            }

            fill.Claim(order[place]);
        }
    }

    private MaglevPermutation PermutationOf(string identity, int size)
    {
        (ulong h1, ulong h2) = Murmur3.X64(Encoding.UTF8.GetBytes(identity), _tableSeed);
        return new((uint)(h1 % (uint)size), (uint)(h2 % ((uint)size - 1)) + 1);
    }

    private static int[] SortedByIdentity(IReadOnlyList<CiliumBackend> backends, out string[] identities)
    {
        identities = new string[backends.Count];
        int[] order = new int[backends.Count];
        for (int i = 0; i < order.Length; i++)
            (identities[i], order[i]) = (backends[i].Identity, i);
        Array.Sort((string[])identities.Clone(), order, StringComparer.Ordinal);
        return order;
    }
}
