using DatapathKernels.Diagnostics;

namespace DatapathKernels.LoadBalancing;

/// <summary>What flows notice of a change of backends: the shares of the slots that moved, which are those of evenly hashed flows.</summary>
/// <param name="Forced">Slots whose backend left: they had to move.</param>
/// <param name="Joined">Slots whose backend stayed and that went to a new one: that is what a new backend is for.</param>
/// <param name="Needless">Slots whose backend stayed, and that went to another old backend all the same.</param>
public readonly record struct MaglevDisruption(double Forced, double Joined, double Needless)
{
    /// <summary>All slots that moved.</summary>
    public double Moved => Forced + Joined + Needless;

    /// <summary>Compares two tables of one size.</summary>
    /// <param name="before">The table before the change.</param>
    /// <param name="after">The table after it.</param>
    /// <param name="survivors">For each backend of <paramref name="before"/> its place in the list of <paramref name="after"/>; negative when it left.</param>
    /// <exception cref="ArgumentException">Tables of different size, or not one survivor entry a backend, or an entry that is no place.</exception>
    public static MaglevDisruption Between(MaglevTable before, MaglevTable after, ReadOnlySpan<int> survivors)
    {
        ArgumentNullException.ThrowIfNull(before);
        ArgumentNullException.ThrowIfNull(after);
        if (before.Size != after.Size || survivors.Length != before.BackendCount)
            Throw.Argument(nameof(survivors), "expected two tables of one size and an entry for each backend of the first");
        bool[] isOld = OldOnes(survivors, after.BackendCount);
        int forced = 0, joined = 0, needless = 0;
        for (int slot = 0; slot < before.Size && before.BackendCount > 0; slot++)
        {
            int place = survivors[before[slot]], now = after[slot];
            if (place < 0)
                forced++;
            else if (now != place && isOld[now])
                needless++;
            else if (now != place)
                joined++;
        }

        double size = before.Size;
        return new(forced / size, joined / size, needless / size);
    }

    /// <summary>Compares two generations of a service by their backends.</summary>
    /// <typeparam name="TBackend">What a flow is sent to; no two backends of a generation are equal.</typeparam>
    /// <param name="before">The generation before the change.</param>
    /// <param name="after">The generation after it.</param>
    /// <exception cref="ArgumentException">Tables of different size, or equal backends.</exception>
    public static MaglevDisruption Between<TBackend>(MaglevGeneration<TBackend> before, MaglevGeneration<TBackend> after)
        where TBackend : struct, IEquatable<TBackend>
    {
        ArgumentNullException.ThrowIfNull(before);
        ArgumentNullException.ThrowIfNull(after);
        Dictionary<TBackend, int> places = [];
        for (int i = 0; i < after.Backends.Length; i++)
            places.Add(after.Backends[i], i);
        int[] survivors = new int[before.Backends.Length];
        for (int i = 0; i < survivors.Length; i++)
            survivors[i] = places.TryGetValue(before.Backends[i], out int place) ? place : -1;
        return Between(before.Table, after.Table, survivors);
    }

    private static bool[] OldOnes(ReadOnlySpan<int> survivors, int backends)
    {
        bool[] isOld = new bool[backends];
        foreach (int place in survivors)
        {
            if (place >= backends)
                Throw.Argument(nameof(survivors), "expected places in the second table's list");
            if (place >= 0)
                isOld[place] = true;
        }

        return isOld;
    }
}
