using System.Text;
using DatapathKernels.Hashing;

namespace DatapathKernels.LoadBalancing;

/// <summary>
/// Maglev hashing as the paper has it (Eisenbud et al., NSDI 2016, section 3.4): backends without weights take turns, each
/// claiming the next free slot of its own permutation.
/// </summary>
/// <remarks>
/// With M slots and N backends the shares differ by one slot at most. The order of the backends is part of the input: the
/// same ones in another order give another table, so sort them by something stable.
/// </remarks>
public static class PaperMaglev
{
    /// <summary>The paper's small table: below 1% imbalance up to 655 backends.</summary>
    public const int SmallSize = 65_537;

    /// <summary>The paper's large table: below 1% imbalance up to 6,553 backends.</summary>
    public const int LargeSize = 655_373;

    /// <summary>
    /// The permutation of a backend's name. The paper leaves its two hashes open; here they are XXH3 of the UTF-8 name under
    /// two seeds.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">A size below 3.</exception>
    public static MaglevPermutation PermutationOf(string name, int size)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentOutOfRangeException.ThrowIfLessThan(size, 3);
        byte[] bytes = Encoding.UTF8.GetBytes(name);
        return new((uint)(XxHash3.Compute(bytes, 0) % (uint)size), (uint)(XxHash3.Compute(bytes, 1) % ((uint)size - 1)) + 1);
    }

    /// <summary>Builds the table of named backends, in their order. About M ln M steps.</summary>
    /// <param name="names">One name a backend; they should differ.</param>
    /// <param name="size">Slots, a prime of at least 3; above 100 slots a backend the shares differ by less than 1%.</param>
    /// <exception cref="ArgumentOutOfRangeException">The size is not a prime, or there are too many backends.</exception>
    public static MaglevTable Build(IReadOnlyList<string> names, int size = SmallSize)
    {
        ArgumentNullException.ThrowIfNull(names);
        MaglevPermutation[] permutations = new MaglevPermutation[names.Count];
        for (int i = 0; i < permutations.Length; i++)
            permutations[i] = PermutationOf(names[i], size);
        return Build(permutations, size);
    }

    /// <summary>Builds the table of backends with given permutations.</summary>
    /// <param name="permutations">One a backend.</param>
    /// <param name="size">Slots, a prime.</param>
    /// <exception cref="ArgumentOutOfRangeException">The size is not a prime, there are too many backends, or a permutation does not fit the size.</exception>
    public static MaglevTable Build(ReadOnlySpan<MaglevPermutation> permutations, int size)
    {
        MaglevFill fill = new(size, permutations);
        while (fill.Free > 0 && !permutations.IsEmpty)
        {
            int turns = Math.Min(fill.Free, permutations.Length);
            for (int backend = 0; backend < turns; backend++)
                fill.Claim(backend);
        }

        return fill.ToTable();
    }
}
