namespace DatapathKernels.LoadBalancing;

/// <summary>
/// <c>wrr</c> (<c>ip_vs_wrr.c</c>): passes over the list, each with a threshold that falls from the largest weight to zero in
/// steps of the weights' greatest common divisor; a pass picks everyone whose weight reaches the threshold.
/// </summary>
internal struct WeightedRoundRobin()
{
    private const int Head = -1;

    private int _current = Head, _threshold, _largest, _step = 1;

    /// <summary>The list or a weight changed: the walk starts at the head again, but the threshold stays where it can.</summary>
    public void OnChanged(ServerColumns servers)
    {
        _current = Head;
        Recalculate(servers);
        if (_threshold > _largest || _threshold == 0)
            _threshold = _largest;
        else if (_step > 1)
            _threshold = (_threshold / _step * _step) + 1;
    }

    /// <summary>The position of the next server; -1 when none is usable.</summary>
    public int Schedule(ServerColumns servers)
    {
        if (_largest == 0)
            return -1;
        ReadOnlySpan<int> weights = servers.Usable;
        int start = _current, position = _current, stop = int.MaxValue;
        bool lastPass = false, restarted = false;
        while (true)
        {
            // In the last pass the search ends with the server it began at.
            int end = Math.Min(stop, weights.Length - 1);
            int found = WeightScan.NextAtLeast(weights[..(end + 1)], position + 1, _threshold);
            if (found >= 0)
                return _current = found;
            if (end == stop)
            {
                _current = stop;
                return -1;
            }

            _threshold -= _step;
            if (_threshold <= 0)
            {
                _threshold = _largest;
                if (lastPass || start == Head)
                {
                    _current = Head;
                    return -1;
                }

                restarted = true;
            }

            lastPass = _threshold <= _step;
            if (lastPass && restarted && start != Head)
                stop = start;
            position = Head;
        }
    }

    private void Recalculate(ServerColumns servers)
    {
        int largest = 0, divisor = 0;
        foreach (int weight in servers.Weights)
        {
            largest = Math.Max(largest, weight);
            divisor = CommonDivisor.Of(divisor, weight);
        }

        _step = Math.Max(divisor, 1);
        _largest = largest - (_step - 1);
    }
}
