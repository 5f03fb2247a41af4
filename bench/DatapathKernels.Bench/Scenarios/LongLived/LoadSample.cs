namespace DatapathKernels.Bench.Scenarios.LongLived;

/// <summary>How the connections lie on the backends at one time.</summary>
/// <param name="Minute">When, after the growth.</param>
/// <param name="MostOverMean">The connections of the fullest backend over the mean of all: 1 is even.</param>
/// <param name="OldShare">The share of the connections that the old backends hold, 0 to 1.</param>
internal readonly record struct LoadSample(double Minute, double MostOverMean, double OldShare)
{
    /// <summary>Looks at the connections of each backend.</summary>
    /// <param name="minute">When.</param>
    /// <param name="connections">Of each backend.</param>
    /// <param name="old">How many of the first are old.</param>
    public static LoadSample Of(double minute, ReadOnlySpan<int> connections, int old)
    {
        int all = 0, most = 0, onOld = 0;
        for (int i = 0; i < connections.Length; i++)
        {
            all += connections[i];
            most = Math.Max(most, connections[i]);
            onOld += i < old ? connections[i] : 0;
        }

        return new LoadSample(minute, (double)most * connections.Length / all, (double)onOld / all);
    }
}
