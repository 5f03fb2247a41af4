using DatapathKernels.Diagnostics;

namespace DatapathKernels.LoadBalancing;

/// <summary>What flows notice of a change of backends: the shares of the slots that moved, which are those of evenly hashed flows.</summary>
/// <param name="Forced">Slots whose backend left: they had to move.</param>
/// <param name="Needless">Slots whose backend stayed, and that went to another backend all the same, or to a new one.</param>
public readonly record struct MaglevDisruption(double Forced, double Needless)
{
    /// <summary>All slots that moved.</summary>
    public double Moved => Forced + Needless;

    /// <summary>Compares two tables of one size.</summary>
    /// <param name="before">The table before the change.</param>
    /// <param name="after">The table after it.</param>
    /// <param name="survivors">For each backend of <paramref name="before"/> its place in the list of <paramref name="after"/>; negative when it left.</param>
    /// <exception cref="ArgumentException">Tables of different size, or not one survivor entry a backend.</exception>
    public static MaglevDisruption Between(MaglevTable before, MaglevTable after, ReadOnlySpan<int> survivors)
    {
        ArgumentNullException.ThrowIfNull(before);
        ArgumentNullException.ThrowIfNull(after);
        if (before.Size != after.Size || survivors.Length != before.BackendCount)
            Throw.Argument(nameof(survivors), "expected two tables of one size and an entry for each backend of the first");
        int forced = 0, needless = 0;
        for (int slot = 0; slot < before.Size && before.BackendCount > 0; slot++)
        {
            int place = survivors[before[slot]];
            if (place < 0)
                forced++;
            else if (after[slot] != place)
                needless++;
        }

        return new((double)forced / before.Size, (double)needless / before.Size);
    }
}
