using System.Collections.Frozen;
using BenchmarkDotNet.Attributes;
using DatapathKernels.Packets;

namespace DatapathKernels.Bench.Suites;

/// <summary>What does the first packet of a connection to a Service cost, as the cluster grows?</summary>
[MeasuredIn("ns/packet")]
public class ServiceLookupBench
{
    private const int Packets = 256;

    private readonly Dictionary<(uint, ushort), int> _dictionary = [];
    private FrozenDictionary<(uint, ushort), int> _frozen = FrozenDictionary<(uint, ushort), int>.Empty;
    private FlowKeyV4[] _keys = [];

    [Params(10, 100, 1000, 5000, 10000, 30000)]
    public int Services { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        Random random = new(1);
        for (uint i = 0; i < Services; i++)
            _dictionary.Add((0x0A600000 + i, 80), (int)i);
        _frozen = _dictionary.ToFrozenDictionary();
        _keys = [.. Enumerable.Range(0, Packets).Select(_ => new FlowKeyV4(1, 0x0A600000 + (uint)random.Next(Services), 1, 80, IpProtocol.Tcp))];
    }

    [Benchmark(OperationsPerInvoke = Packets)]
    public int Dictionary()
    {
        int sum = 0;
        foreach (ref readonly FlowKeyV4 key in _keys.AsSpan())
            sum += _dictionary.TryGetValue((key.DestinationBe, key.DestinationPortBe), out int service) ? service : -1;
        return sum;
    }

    [Benchmark(OperationsPerInvoke = Packets)]
    public int FrozenDictionary()
    {
        int sum = 0;
        foreach (ref readonly FlowKeyV4 key in _keys.AsSpan())
            sum += _frozen.TryGetValue((key.DestinationBe, key.DestinationPortBe), out int service) ? service : -1;
        return sum;
    }
}
