namespace DatapathKernels.LoadBalancing;

/// <summary><c>rr</c> (<c>ip_vs_rr.c</c>): from the last one chosen on, the first that is usable.</summary>
internal struct RoundRobin()
{
    /// <summary>Position of the last one chosen; -1 for the head of the list.</summary>
    private int _last = -1;

    /// <summary>The position looked at first next time, which may be behind the last one.</summary>
    public readonly int Next => _last + 1;

    /// <summary>A server was put at the head.</summary>
    public void OnInserted() => _last += _last >= 0 ? 1 : 0;

    /// <summary>A server was taken out; if it was the last one chosen, its predecessor takes its part.</summary>
    public void OnRemoved(int position) => _last -= position <= _last ? 1 : 0;

    /// <summary>The position of the next server; -1 when none is usable.</summary>
    public int Schedule(ServerColumns servers)
    {
        if (servers.AreAllUsable)
            return _last = _last + 1 < servers.Count ? _last + 1 : 0;
        ReadOnlySpan<int> weights = servers.Usable;
        int next = WeightScan.NextAtLeast(weights, _last + 1, 1);
        if (next < 0 && _last >= 0)
            next = WeightScan.NextAtLeast(weights[..(_last + 1)], 0, 1);
        if (next >= 0)
            _last = next;
        return next;
    }
}
