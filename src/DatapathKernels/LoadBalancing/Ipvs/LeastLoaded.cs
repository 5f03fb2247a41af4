using System.Numerics;
using System.Runtime.CompilerServices;

namespace DatapathKernels.LoadBalancing;

/// <summary>
/// The schedulers that compare loads: <c>lc</c>, <c>wlc</c>, <c>sed</c>, <c>nq</c>, <c>fo</c>, <c>ovf</c>. The kernel walks a list and keeps the
/// first best; here two passes over columns find the same one.
/// </summary>
/// <remarks>
/// Where only integers compare (lc, fo, ovf), pass one finds the least key and pass two its first place. Where fractions do (wlc,
/// sed), pass one finds the least quotient in single precision, and pass two compares exactly, as the kernel does by
/// multiplying crosswise in 64 bits, those few whose quotient lies within rounding of it.
/// </remarks>
internal static class LeastLoaded
{
    /// <summary>
    /// Above twice the relative error of a quotient: cost and inverse weight are rounded once each (2^-24), and so is their
    /// product.
    /// </summary>
    private const float Rounding = 1f / (1 << 21);

    /// <summary><c>lc</c>.</summary>
    public static int Connections(ServerColumns servers) => FirstLeast<OverheadKey>(servers.Usable, servers.Overhead);

    /// <summary><c>fo</c>.</summary>
    public static int Failover(ServerColumns servers) => FirstLeast<WeightKey>(servers.Usable, servers.Usable);

    /// <summary><c>ovf</c>.</summary>
    public static int Overflow(ServerColumns servers) => FirstLeast<FreeWeightKey>(servers.Usable, servers.Active);

    /// <summary><c>wlc</c>.</summary>
    public static int WeightedConnections(ServerColumns servers) => FirstLeastQuotient(servers, servers.Overhead, 0);

    /// <summary><c>sed</c>.</summary>
    public static int ExpectedDelay(ServerColumns servers) => FirstLeastQuotient(servers, servers.Active, 1);

    /// <summary><c>nq</c>.</summary>
    public static int NeverQueue(ServerColumns servers)
    {
        int idle = FirstLeast<IdleKey>(servers.Usable, servers.Active);
        return idle >= 0 ? idle : ExpectedDelay(servers);
    }

    /// <summary>A key to find the least of. Servers that do not qualify have <see cref="int.MaxValue"/>.</summary>
    private interface IKey
    {
        static abstract Vector<int> OfMany(Vector<int> usable, Vector<int> load);

        static abstract int Of(int usable, int load);
    }

    private readonly struct OverheadKey : IKey
    {
        public static Vector<int> OfMany(Vector<int> usable, Vector<int> load) => Vector.ConditionalSelect(Vector.Equals(usable, Vector<int>.Zero), new Vector<int>(int.MaxValue), load);

        public static int Of(int usable, int load) => usable == 0 ? int.MaxValue : load;
    }

    private readonly struct WeightKey : IKey
    {
        public static Vector<int> OfMany(Vector<int> usable, Vector<int> load) => Vector.ConditionalSelect(Vector.Equals(usable, Vector<int>.Zero), new Vector<int>(int.MaxValue), -usable);

        public static int Of(int usable, int load) => usable == 0 ? int.MaxValue : -usable;
    }

    private readonly struct FreeWeightKey : IKey
    {
        public static Vector<int> OfMany(Vector<int> usable, Vector<int> load) =>
            Vector.ConditionalSelect(Vector.Equals(usable, Vector<int>.Zero) | Vector.GreaterThan(load, usable), new Vector<int>(int.MaxValue), -usable);

        public static int Of(int usable, int load) => usable == 0 || load > usable ? int.MaxValue : -usable;
    }

    private readonly struct IdleKey : IKey
    {
        public static Vector<int> OfMany(Vector<int> usable, Vector<int> load) =>
            Vector.ConditionalSelect(Vector.Equals(usable, Vector<int>.Zero) | ~Vector.Equals(load, Vector<int>.Zero), new Vector<int>(int.MaxValue), Vector<int>.Zero);

        public static int Of(int usable, int load) => usable == 0 || load != 0 ? int.MaxValue : 0;
    }

    private static int FirstLeast<TKey>(ReadOnlySpan<int> usable, ReadOnlySpan<int> loads)
        where TKey : struct, IKey
    {
        int least = Least<TKey>(usable, loads);
        int i = 0;
        if (Vector.IsHardwareAccelerated)
        {
            while (i + Vector<int>.Count <= usable.Length && !Vector.EqualsAny(TKey.OfMany(new(usable[i..]), new(loads[i..])), new Vector<int>(least)))
                i += Vector<int>.Count;
        }

        for (; i < usable.Length; i++)
        {
            if (TKey.Of(usable[i], loads[i]) == least && usable[i] != 0 && (least != int.MaxValue || typeof(TKey) == typeof(OverheadKey)))
                return i;
        }

        return -1;
    }

    private static int Least<TKey>(ReadOnlySpan<int> usable, ReadOnlySpan<int> loads)
        where TKey : struct, IKey
    {
        int i = 0, least = int.MaxValue;
        if (Vector.IsHardwareAccelerated && usable.Length >= Vector<int>.Count)
        {
            Vector<int> leasts = new(int.MaxValue);
            for (; i + Vector<int>.Count <= usable.Length; i += Vector<int>.Count)
                leasts = Vector.Min(leasts, TKey.OfMany(new(usable[i..]), new(loads[i..])));
            for (int lane = 0; lane < Vector<int>.Count; lane++)
                least = Math.Min(least, leasts[lane]);
        }

        for (; i < usable.Length; i++)
            least = Math.Min(least, TKey.Of(usable[i], loads[i]));
        return least;
    }

    private static int FirstLeastQuotient(ServerColumns servers, ReadOnlySpan<int> loads, int extra)
    {
        ReadOnlySpan<int> usable = servers.Usable;
        ReadOnlySpan<float> inverse = servers.Inverse;
        float least = LeastQuotient(usable, inverse, loads, extra);
        float bound = least + (MathF.Abs(least) * Rounding);
        int best = -1;
        for (int i = NextBelow(usable, inverse, loads, extra, bound, 0, best); i >= 0; i = NextBelow(usable, inverse, loads, extra, bound, i + 1, best))
        {
            if (best < 0 || (long)(loads[best] + extra) * usable[i] > (long)(loads[i] + extra) * usable[best])
                best = i;
        }

        return best;
    }

    private static float LeastQuotient(ReadOnlySpan<int> usable, ReadOnlySpan<float> inverse, ReadOnlySpan<int> loads, int extra)
    {
        int i = 0;
        float least = float.MaxValue;
        if (Vector.IsHardwareAccelerated && usable.Length >= Vector<int>.Count)
        {
            Vector<float> leasts = new(float.MaxValue);
            for (; i + Vector<int>.Count <= usable.Length; i += Vector<int>.Count)
                leasts = Vector.Min(leasts, Quotients(usable, inverse, loads, extra, i));
            for (int lane = 0; lane < Vector<float>.Count; lane++)
                least = MathF.Min(least, leasts[lane]);
        }

        for (; i < usable.Length; i++)
            least = MathF.Min(least, Quotient(usable[i], inverse[i], loads[i] + extra));
        return least;
    }

    /// <summary>
    /// The next server whose quotient lies within the bound; once there is a best one, those of its very load and weight are
    /// passed over: they cannot be better, and a cluster at rest has nothing else.
    /// </summary>
    private static int NextBelow(ReadOnlySpan<int> usable, ReadOnlySpan<float> inverse, ReadOnlySpan<int> loads, int extra, float bound, int start, int best)
    {
        int i = start;
        int load = best < 0 ? -1 : loads[best], weight = best < 0 ? -1 : usable[best];
        if (Vector.IsHardwareAccelerated)
        {
            for (; i + Vector<int>.Count <= usable.Length; i += Vector<int>.Count)
            {
                Vector<int> below = Vector.LessThanOrEqual(Quotients(usable, inverse, loads, extra, i), new Vector<float>(bound));
                Vector<int> same = Vector.Equals(new Vector<int>(loads[i..]), new(load)) & Vector.Equals(new Vector<int>(usable[i..]), new(weight));
                if (!Vector.EqualsAll(Vector.AndNot(below, same), Vector<int>.Zero))
                    break;
            }
        }

        for (; i < usable.Length; i++)
        {
            bool same = loads[i] == load && usable[i] == weight;
            if (usable[i] != 0 && !same && Quotient(usable[i], inverse[i], loads[i] + extra) <= bound)
                return i;
        }

        return -1;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<float> Quotients(ReadOnlySpan<int> usable, ReadOnlySpan<float> inverse, ReadOnlySpan<int> loads, int extra, int i)
    {
        Vector<float> costs = Vector.ConvertToSingle(new Vector<int>(loads[i..]) + new Vector<int>(extra));
        Vector<int> none = Vector.Equals(new Vector<int>(usable[i..]), Vector<int>.Zero);
        return Vector.ConditionalSelect(none, new Vector<float>(float.MaxValue), costs * new Vector<float>(inverse[i..]));
    }

    private static float Quotient(int usable, float inverse, int cost) => usable == 0 ? float.MaxValue : cost * inverse;
}
