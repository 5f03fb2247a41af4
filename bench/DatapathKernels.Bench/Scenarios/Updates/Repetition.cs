namespace DatapathKernels.Bench.Scenarios.Updates;

/// <summary>A thread that does the same thing again and again until it is stopped.</summary>
internal sealed class Repetition : IDisposable
{
    private readonly Thread _thread;
    private volatile bool _stops;
    private Exception? _failure;
    private long _done;

    /// <summary>Starts it.</summary>
    public Repetition(Action action)
    {
        _thread = new Thread(() => Run(action)) { IsBackground = true, Name = "updates" };
        _thread.Start();
    }

    /// <summary>Stops it and waits for its last time.</summary>
    /// <returns>How many times it was done.</returns>
    /// <exception cref="InvalidOperationException">It failed.</exception>
    public long Stop()
    {
        Dispose();
        return _failure is null ? _done : throw new InvalidOperationException(_failure.Message, _failure);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _stops = true;
        _thread.Join();
    }

    private void Run(Action action)
    {
        try
        {
            while (!_stops)
            {
                action();
                _done++;
            }
        }
        catch (InvalidOperationException failure)
        {
            _failure = failure;
        }
    }
}
