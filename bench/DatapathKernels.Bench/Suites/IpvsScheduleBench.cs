using System.Net;
using BenchmarkDotNet.Attributes;
using DatapathKernels.LoadBalancing;

namespace DatapathKernels.Bench.Suites;

/// <summary>What does choosing a real server cost, by scheduler and by how many there are?</summary>
[MeasuredIn("ns/connection")]
public class IpvsScheduleBench
{
    private const int Asked = 4096;

    private readonly SchedulingKey[] _keys = new SchedulingKey[Asked];
    private VirtualService _service = new(SchedulerKind.RoundRobin);

    /// <summary>The kernel's scheduler.</summary>
    [ParamsAllValues]
    [Quick(SchedulerKind.LeastConnections)]
    public SchedulerKind Scheduler { get; set; }

    /// <summary>Real servers of the service.</summary>
    [Params(2, 10, 100, 1000)]
    [Quick(1000)]
    public int Servers { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _service = new VirtualService(Scheduler);
        Random random = new(3);
        for (int i = 0; i < Servers; i++)
        {
            int id = _service.Add(new RealServer(new IPAddress([10, 0, (byte)(i >> 8), (byte)i]), 8080, Weight: 1 + random.Next(10)));
            for (int connections = random.Next(5); connections > 0; connections--)
                _service.Bind(id);
        }

        for (int i = 0; i < Asked; i++)
            _keys[i] = new SchedulingKey((uint)random.Next(), 0x0a60000a, (ushort)random.Next(65536));
        if (Schedule() < 0)
            throw new InvalidOperationException("a server was expected for every connection");
    }

    /// <summary>The choice alone; nothing is bound.</summary>
    [Benchmark(OperationsPerInvoke = Asked, Baseline = true)]
    public int Schedule()
    {
        int all = 0;
        ulong random = 1;
        foreach (ref readonly SchedulingKey key in _keys.AsSpan())
        {
            random = (random * 6364136223846793005) + 1442695040888963407;
            all |= _service.Schedule(in key, random);
        }

        return all;
    }

    /// <summary>The choice and a connection's life: bound, established, ended. Schedulers that compare loads pay for their keys here.</summary>
    [Benchmark(OperationsPerInvoke = Asked)]
    [FullOnly]
    public int ScheduleAndCount()
    {
        int all = 0;
        ulong random = 1;
        foreach (ref readonly SchedulingKey key in _keys.AsSpan())
        {
            random = (random * 6364136223846793005) + 1442695040888963407;
            int server = _service.Schedule(in key, random);
            _service.Bind(server);
            _service.Activate(server);
            _service.Unbind(server, active: true);
            all |= server;
        }

        return all;
    }
}
