using BenchmarkDotNet.Attributes;
using DatapathKernels.Bench.Input;
using DatapathKernels.Filtering;
using DatapathKernels.Packets;

namespace DatapathKernels.Bench.Suites;

/// <summary>What does a packet of the reader's own capture (<c>--capture</c>) cost? Malformed frames take part as they are.</summary>
[MeasuredIn("ns/packet")]
[NeedsInput(Capture = true)]
public class UserCaptureBench : IDisposable
{
    // Frames of a call; a capture of fewer goes round, one of more goes on in the next call.
    private const int Packets = 256;
    private const int BuiltInServices = 1000;

    private FrameList _frames = null!;
    private PacketInfo[] _infos = [];
    private RuleWalk _walk = null!;
    private ChainId _prerouting;

    /// <summary>Frames in the capture: one value.</summary>
    [ParamsSource(nameof(FramesInCapture))]
    public int Frames { get; set; }

    public static IEnumerable<int> FramesInCapture => [CaptureInput.FromEnvironment()!.Frames.Count];

    [GlobalSetup]
    public void Setup()
    {
        _frames = CaptureInput.FromEnvironment()!.Frames;
        _infos = [.. _frames.Infos];
        Ruleset rules = Environment.GetEnvironmentVariable(RulesInput.Variable) is { Length: > 0 }
            ? RulesInput.FromEnvironment().Ruleset
            : new ClusterRules(BuiltInServices).Rules();
        rules.GetOrAdd(TableKind.Nat).GetOrAdd("PREROUTING");
        _walk = new(new LinearMatcher(rules, RulesInput.Options), _frames);
        _prerouting = _walk.Chain(TableKind.Nat, "PREROUTING");
    }

    [GlobalCleanup]
    public void Dispose()
    {
        _walk?.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Frame to flow key.</summary>
    [Benchmark(OperationsPerInvoke = Packets)]
    public int FlowKey()
    {
        int keys = 0;
        for (int i = 0; i < Packets; i++)
        {
            ReadOnlySpan<byte> frame = _frames.PeekNext(out int index);
            FlowParser.Parse(frame, _frames.Link(index), 0, out _, out _, out PacketInfo info);
            keys += info.HasKey ? 1 : 0;
        }

        return keys;
    }

    /// <summary>IP header and transport checksum of a frame that was parsed; nothing where that found no IP packet.</summary>
    [Benchmark(OperationsPerInvoke = Packets)]
    public int Checksums()
    {
        int sum = 0;
        for (int i = 0; i < Packets; i++)
        {
            ReadOnlySpan<byte> frame = _frames.PeekNext(out int index);
            if (_infos[index].HasKey)
                sum += (int)PacketChecksums.VerifyNetwork(frame, _infos[index]) + (int)PacketChecksums.VerifyTransport(frame, _infos[index]);
        }

        return sum;
    }

    /// <summary>nat/PREROUTING of the given rules, or of the built-in cluster of 1,000 services, rule by rule.</summary>
    [Benchmark(OperationsPerInvoke = Packets)]
    public int IptablesLinear() => _walk.Walk(_prerouting, Packets);
}
