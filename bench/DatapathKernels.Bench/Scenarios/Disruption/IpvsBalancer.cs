using System.Net;
using DatapathKernels.LoadBalancing;

namespace DatapathKernels.Bench.Scenarios.Disruption;

/// <summary>An IPVS director that lost its connections, or never had them: each flow is scheduled again, in the same order.</summary>
/// <param name="name">The scheduler's name.</param>
/// <param name="scheduler">The scheduler.</param>
/// <param name="flows">How many flows there are, each of a client of its own.</param>
/// <param name="seed">Where their addresses are drawn from.</param>
internal sealed class IpvsBalancer(string name, SchedulerKind scheduler, int flows, int seed) : IFlowBalancer
{
    private const uint Service = 0x0a60000a;

    private readonly SchedulingKey[] _keys = KeysOf(flows, seed);

    /// <inheritdoc/>
    public string Name => name;

    /// <summary>The schedulers whose answers differ in what they keep.</summary>
    public static IReadOnlyList<IpvsBalancer> All(int flows, int seed) =>
    [
        new("IPVS mh", SchedulerKind.MaglevHash, flows, seed),
        new("IPVS sh", SchedulerKind.SourceHash, flows, seed),
        new("IPVS rr", SchedulerKind.RoundRobin, flows, seed),
    ];

    /// <inheritdoc/>
    public FlowMoves Leave(int backends, int leaving)
    {
        VirtualService service = ServiceOf(backends);
        int[] before = Schedule(service);
        service.Remove(leaving);
        return FlowMoves.Between(before, Schedule(service), leaving);
    }

    /// <inheritdoc/>
    public FlowMoves Join(int backends)
    {
        VirtualService service = ServiceOf(backends);
        int[] before = Schedule(service);
        int joined = service.Add(Server(backends));
        return FlowMoves.Between(before, Schedule(service), joined);
    }

    private VirtualService ServiceOf(int backends)
    {
        VirtualService service = new(scheduler);
        for (int i = 0; i < backends; i++)
            service.Add(Server(i));
        return service;
    }

    private int[] Schedule(VirtualService service)
    {
        int[] servers = new int[_keys.Length];
        for (int i = 0; i < servers.Length; i++)
            servers[i] = service.Schedule(_keys[i]);
        return servers;
    }

    private static RealServer Server(int number) => new(new IPAddress([10, 0, (byte)(number >> 8), (byte)number]), 8080);

    private static SchedulingKey[] KeysOf(int flows, int seed)
    {
        Random random = new(seed);
        SchedulingKey[] keys = new SchedulingKey[flows];
        for (int i = 0; i < flows; i++)
            keys[i] = new SchedulingKey((uint)random.NextInt64(1L << 32), Service, (ushort)random.Next(1024, 65536));
        return keys;
    }
}
