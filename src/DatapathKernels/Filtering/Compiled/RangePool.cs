namespace DatapathKernels.Filtering;

/// <summary>Ranges of a numbered space, taken and given back: first fit, neighbours merged. O(free ranges) a call.</summary>
internal sealed class RangePool(int start, int length)
{
    private readonly List<(int Start, int Length)> _free = length > 0 ? [(start, length)] : [];

    /// <summary>A range of that length; false when there is none.</summary>
    public bool TryTake(int length, out int start)
    {
        for (int i = 0; i < _free.Count; i++)
        {
            (start, int room) = _free[i];
            if (room < length)
                continue;
            if (room == length)
                _free.RemoveAt(i);
            else
                _free[i] = (start + length, room - length);
            return true;
        }

        start = -1;
        return false;
    }

    /// <summary>Gives a range back.</summary>
    public void Give(int start, int length)
    {
        int at = _free.BinarySearch((start, 0));
        at = at < 0 ? ~at : at;
        if (at < _free.Count && start + length == _free[at].Start)
        {
            length += _free[at].Length;
            _free.RemoveAt(at);
        }

        if (at > 0 && _free[at - 1].Start + _free[at - 1].Length == start)
        {
            start = _free[at - 1].Start;
            length += _free[at - 1].Length;
            _free.RemoveAt(--at);
        }

        _free.Insert(at, (start, length));
    }
}
