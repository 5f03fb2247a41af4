using System.Runtime.CompilerServices;

namespace DatapathKernels.Conntrack;

/// <summary>
/// Connections that were drawn for having to go and did not yet, the least useful ones of them: the next to go is chosen among all, so few have to be drawn each time. What is kept of
/// one is what was seen then, and has to be looked at again.
/// </summary>
internal struct VictimPool
{
    /// <summary>The most.</summary>
    public const int Capacity = 16;

    private Places _places;

    /// <summary>How many.</summary>
    public int Count { get; private set; }

    /// <summary>Puts one in; when there is no room, in place of the most useful one, unless it is more useful than all.</summary>
    public void Add(in Victim victim, uint nowMs)
    {
        if (Count < Capacity)
        {
            _places[Count++] = victim;
            return;
        }

        int most = 0;
        for (int i = 1; i < Capacity; i++)
            most = _places[i].UseAt(nowMs) > _places[most].UseAt(nowMs) ? i : most;
        if (victim.UseAt(nowMs) < _places[most].UseAt(nowMs))
            _places[most] = victim;
    }

    /// <summary>Takes the least useful one out; false when there is none.</summary>
    public bool TryTake(uint nowMs, out Victim least)
    {
        least = default;
        if (Count == 0)
            return false;
        (int at, long use) = (0, _places[0].UseAt(nowMs));
        for (int i = 1; i < Count; i++)
        {
            long other = _places[i].UseAt(nowMs);
            (at, use) = other < use ? (i, other) : (at, use);
        }

        least = _places[at];
        _places[at] = _places[--Count];
        return true;
    }

    [InlineArray(Capacity)]
    private struct Places
    {
        private Victim _first;
    }
}
