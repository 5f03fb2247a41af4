using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace DatapathKernels.Conntrack;

/// <summary>
/// Connections that were drawn for having to go and did not yet, the least useful ones of them: the next to go is chosen among all, so few have to be drawn each time. What is kept of
/// one is what was seen then, and has to be looked at again.
/// </summary>
/// <remarks>A column for each part, so that vectors find the extreme: one number a place, of its use and, below that, of the place itself.</remarks>
internal unsafe struct VictimPool
{
    /// <summary>The most.</summary>
    public const int Capacity = 16;

    private const int PlaceBits = 4, Lanes = 4;

    // The class of a free place: no victim's is as high.
    private const int Free = 1 << 20;

    private fixed int _ids[Capacity];
    private fixed int _ranks[Capacity];
    private fixed uint _stamps[Capacity];

    /// <summary>How many.</summary>
    public int Count { get; private set; }

    /// <summary>Puts one in; when there is no room, in place of the most useful one, unless it is more useful than all.</summary>
    public void Add(in Victim victim, uint nowMs)
    {
        if (Count < Capacity)
        {
            Put(Count++, victim);
            return;
        }

        int most = MostUseful(nowMs);
        if (victim.UseAt(nowMs) < At(most).UseAt(nowMs))
            Put(most, victim);
    }

    /// <summary>Takes the least useful one out; false when there is none.</summary>
    public bool TryTake(uint nowMs, out Victim least)
    {
        least = default;
        if (Count == 0)
            return false;
        for (int place = Count; place < Capacity; place++)
            _ranks[place] = Free;
        int at = LeastUseful(nowMs);
        least = At(at);
        Put(at, At(--Count));
        return true;
    }

    private readonly Victim At(int place) => new(_ids[place], _ranks[place], _stamps[place]);

    private void Put(int place, in Victim victim) => (_ids[place], _ranks[place], _stamps[place]) = (victim.Id, victim.Rank, victim.StampMs);

    /// <summary>The first place of the least use.</summary>
    private int LeastUseful(uint nowMs)
    {
        Vector256<long> least = Vector256.Min(Vector256.Min(Uses(0, nowMs), Uses(1, nowMs)), Vector256.Min(Uses(2, nowMs), Uses(3, nowMs)));
        Vector128<long> two = Vector128.Min(least.GetLower(), least.GetUpper());
        return (int)(Math.Min(two[0], two[1]) & (Capacity - 1));
    }

    private int MostUseful(uint nowMs)
    {
        Vector256<long> most = Vector256.Max(Vector256.Max(Uses(0, nowMs), Uses(1, nowMs)), Vector256.Max(Uses(2, nowMs), Uses(3, nowMs)));
        Vector128<long> two = Vector128.Max(most.GetLower(), most.GetUpper());
        return (int)(Math.Max(two[0], two[1]) & (Capacity - 1));
    }

    /// <summary><see cref="Victim.UseAt"/> of four places, and their numbers below.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly Vector256<long> Uses(int quarter, uint nowMs)
    {
        // SAFE: four quarters of four
        Vector128<int> ranks = Vector128.LoadUnsafe(in _ranks[quarter * Lanes]);
        Vector128<int> stamps = (Vector128.LoadUnsafe(in _stamps[quarter * Lanes]) - Vector128.Create(nowMs)).AsInt32();
        Vector256<long> uses = (Widened(ranks) << Victim.RankShift) + Widened(stamps);
        return (uses << PlaceBits) | (Vector256.Create(0L, 1, 2, 3) + Vector256.Create((long)quarter * Lanes));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<long> Widened(Vector128<int> four) => Vector256.Create(Vector128.WidenLower(four), Vector128.WidenUpper(four));
}
