namespace DatapathKernels.Bench.Scenarios.Measuring;

/// <summary>The time a scenario may take for a list of steps, each about as long as the one before it or longer.</summary>
/// <param name="seconds">All of it.</param>
/// <param name="clock">Seconds since the first step began.</param>
internal sealed class TimeBudget(double seconds, Func<double> clock)
{
    private double _start, _last;

    /// <summary>True when a step as long as the last still fits; the step then counts as begun. The first always fits.</summary>
    public bool TryBegin()
    {
        double now = clock();
        _last = now - _start;
        if (now > 0 && now + _last > seconds)
            return false;
        _start = now;
        return true;
    }
}
