namespace DatapathKernels.Bench.Scenarios.LongLived;

/// <summary>
/// Plays a plan: the old connections stay where they are, as connection tracking keeps them; a backend gets more only when a client opens another. Time is
/// simulated, and the same seed plays the same.
/// </summary>
internal sealed class LongLivedModel : IDisposable
{
    private const uint FirstClient = 0x0a810001;
    private const ushort FirstPort = 1024;

    private readonly LongLivedPlan _plan;
    private readonly IBackendChooser _chooser;
    private readonly Random _random;
    private readonly int[] _backendOf, _connections;
    private readonly ushort[] _ports;
    private readonly PriorityQueue<int, double> _ends = new();

    private LongLivedModel(LongLivedPlan plan, IBackendChooser chooser)
    {
        (_plan, _chooser, _random) = (plan, chooser, new Random(plan.Seed));
        (_backendOf, _ports, _connections) = (new int[plan.Clients], new ushort[plan.Clients], new int[plan.After]);
        for (int client = 0; client < plan.Clients; client++)
            _ports[client] = (ushort)_random.Next(FirstPort, ushort.MaxValue + 1);
    }

    /// <summary>Plays a plan with a chooser that nothing else uses, and disposes it.</summary>
    /// <returns>A sample for each time the plan looks.</returns>
    public static IReadOnlyList<LoadSample> Run(LongLivedPlan plan, IBackendChooser chooser)
    {
        using LongLivedModel model = new(plan, chooser);
        return model.Play();
    }

    /// <summary>The first sample from which on no backend has more than so many times the mean; null when it does not come to that.</summary>
    public static double? EvenFrom(IReadOnlyList<LoadSample> samples, double mostOverMean)
    {
        double? since = null;
        foreach (LoadSample sample in samples)
            since = sample.MostOverMean > mostOverMean ? null : since ?? sample.Minute;
        return since;
    }

    /// <inheritdoc/>
    public void Dispose() => _chooser.Dispose();

    private List<LoadSample> Play()
    {
        _chooser.Grow(_plan.Before);
        for (int client = 0; client < _plan.Clients; client++)
            Open(client, _random.NextDouble() * _plan.AgeMinutes);
        _chooser.Grow(_plan.After);
        List<LoadSample> samples = [];
        foreach (double minute in _plan.SampleMinutes)
        {
            if (_plan.AgeMinutes == LongLivedPlan.PerRequest)
                AskAnew();
            else
                PlayUntil(minute);
            samples.Add(LoadSample.Of(minute, _connections, _plan.Before));
        }

        return samples;
    }

    private void PlayUntil(double minute)
    {
        while (_ends.TryPeek(out int client, out double end) && end <= minute)
        {
            _ends.Dequeue();
            Close(client);
            Open(client, end + (_plan.AgeMinutes * (1 + (_plan.Jitter * ((2 * _random.NextDouble()) - 1)))));
        }
    }

    /// <summary>Every client's next request, each chosen by itself.</summary>
    private void AskAnew()
    {
        for (int client = 0; client < _plan.Clients; client++)
        {
            Close(client);
            Open(client, LongLivedPlan.Forever);
        }
    }

    private void Open(int client, double end)
    {
        int backend = _chooser.Choose(FirstClient + (uint)client, _ports[client]);
        _ports[client] = _ports[client] == ushort.MaxValue ? FirstPort : (ushort)(_ports[client] + 1);
        _backendOf[client] = backend;
        _connections[backend]++;
        _chooser.Opened(backend);
        if (double.IsFinite(end) && _plan.AgeMinutes > 0)
            _ends.Enqueue(client, end);
    }

    private void Close(int client)
    {
        _connections[_backendOf[client]]--;
        _chooser.Closed(_backendOf[client]);
    }
}
