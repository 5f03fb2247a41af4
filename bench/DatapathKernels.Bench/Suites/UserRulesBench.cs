using BenchmarkDotNet.Attributes;
using DatapathKernels.Bench.Input;
using DatapathKernels.Bench.Running;
using DatapathKernels.Filtering;
using DatapathKernels.Formats.Clusters;
using DatapathKernels.Packets;

namespace DatapathKernels.Bench.Suites;

/// <summary>
/// What does the first packet of a connection cost under the reader's own rules (<c>--rules</c>)? Packets of the reader's
/// capture when there is one, otherwise packets made for the services that the dump serves and a few for none.
/// </summary>
[MeasuredIn("ns/packet")]
[NeedsInput(Rules = true)]
public class UserRulesBench : IDisposable
{
    private const int Packets = RulesTraffic.MadePackets;
    private const int WalkedPackets = 64;

    private RulesInput _rules = null!;
    private RuleWalk? _walk;
    private ChainId? _prerouting;
    private ServiceMaps<ServiceKeyV4>? _mapsV4;
    private ServiceMaps<ServiceKeyV6>? _mapsV6;

    /// <summary>Service ports found in the dump: one value, so that the records stand beside those of <see cref="ServiceLookupBench"/>.</summary>
    [ParamsSource(nameof(ServicesInDump))]
    public int Services { get; set; }

    public static IEnumerable<int> ServicesInDump => [RulesInput.FromEnvironment().Services.Count];

    [GlobalSetup(Targets = [nameof(Dictionary), nameof(FrozenDictionary)])]
    public void SetupMaps()
    {
        FrameList frames = Frames(out int[]? services);

        // A capture has any number of packets; the dictionaries are asked for its packets round and round.
        int[] order = [.. Enumerable.Range(0, Packets).Select(i => i % frames.Count)];
        if (_rules.Ruleset.Family == IpFamily.V4)
            _mapsV4 = new([.. _rules.Services.Select(KeyV4)], [.. order.Select(i => ServiceKeyV4.Of(frames.KeysV4[i]))], services);
        else
            _mapsV6 = new([.. _rules.Services.Select(KeyV6)], [.. order.Select(i => ServiceKeyV6.Of(frames.KeysV6[i]))], services);
    }

    [GlobalSetup(Targets = [nameof(IptablesLinear), nameof(IptablesTraversal)])]
    public void SetupLinear() => Setup((rules, options) => new LinearMatcher(rules, options));

    [GlobalSetup(Targets = [nameof(IptablesVector), nameof(IptablesVectorTraversal)])]
    public void SetupVector() => Setup((rules, options) => new VectorMatcher(rules, options));

    [GlobalSetup(Targets = [nameof(IptablesIndexed), nameof(IptablesIndexedTraversal)])]
    public void SetupIndexed() => Setup((rules, options) => new IndexedMatcher(rules, options));

    [GlobalCleanup]
    public void Dispose()
    {
        _walk?.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>nat/PREROUTING, as a packet to a service meets it first, rule by rule; nothing where the dump has no such chain.</summary>
    [Benchmark(OperationsPerInvoke = WalkedPackets)]
    public int IptablesLinear() => Walk();

    /// <summary>The same in columns.</summary>
    [Benchmark(OperationsPerInvoke = WalkedPackets)]
    public int IptablesVector() => Walk();

    /// <summary>The same by index.</summary>
    [Benchmark(OperationsPerInvoke = WalkedPackets)]
    public int IptablesIndexed() => Walk();

    /// <summary>Every table from arrival to departure, filter rules included, rule by rule.</summary>
    [Benchmark(OperationsPerInvoke = WalkedPackets)]
    public int IptablesTraversal() => _walk!.Traverse(WalkedPackets);

    /// <summary>The same in columns.</summary>
    [Benchmark(OperationsPerInvoke = WalkedPackets)]
    public int IptablesVectorTraversal() => _walk!.Traverse(WalkedPackets);

    /// <summary>The same by index.</summary>
    [Benchmark(OperationsPerInvoke = WalkedPackets)]
    public int IptablesIndexedTraversal() => _walk!.Traverse(WalkedPackets);

    [Benchmark(OperationsPerInvoke = Packets, Baseline = true)]
    public int Dictionary() => _mapsV4 is { } maps ? maps.AskDictionary(0, Packets) : _mapsV6!.AskDictionary(0, Packets);

    [Benchmark(OperationsPerInvoke = Packets)]
    public int FrozenDictionary() => _mapsV4 is { } maps ? maps.AskFrozen(0, Packets) : _mapsV6!.AskFrozen(0, Packets);

    private int Walk() => _prerouting is { } chain ? _walk!.Walk(chain, WalkedPackets) : 0;

    private void Setup(Func<Ruleset, MatcherOptions, ChainMatcher> matcher)
    {
        FrameList frames = Frames(out int[]? services);
        _walk = new(matcher(_rules.Ruleset, RulesInput.Options), frames);
        _prerouting = _rules.Ruleset.Find(TableKind.Nat, "PREROUTING") is null ? null : _walk.Chain(TableKind.Nat, "PREROUTING");
        if (services is not null)
            CheckServices(services);
        CodeSettling.Run(() =>
        {
            Walk();
            _walk.Traverse(WalkedPackets);
        });
    }

    /// <summary>Reads the rules, and the packets: the capture's, or some that are made.</summary>
    private FrameList Frames(out int[]? services)
    {
        _rules = RulesInput.FromEnvironment();
        services = null;
        return CaptureInput.FromEnvironment() is { } capture ? RulesTraffic.From(capture, _rules.Ruleset.Family) : RulesTraffic.Make(_rules, out services);
    }

    // The dispatch chain alone: what stands before it in PREROUTING is the reader's own and may well decide otherwise.
    private void CheckServices(int[] services)
    {
        if (_rules.Services.Count == 0)
            return;
        ChainId dispatch = _walk!.Chain(TableKind.Nat, "KUBE-SERVICES");
        for (int i = 0; i < services.Length; i++)
        {
            if (services[i] >= 0 && _rules.Services[services[i]] is { IsUnconditional: true } service)
                _walk.Check(dispatch, i, service.Endpoints);
        }
    }

    private static ServiceKeyV4 KeyV4(DumpService service) => ServiceKeyV4.Of(Flow(service).V4);

    private static ServiceKeyV6 KeyV6(DumpService service) => ServiceKeyV6.Of(Flow(service).V6);

    // The parser puts the key into network order, as it does for the packets that will ask for it.
    private static (FlowKeyV4 V4, FlowKeyV6 V6) Flow(DumpService service)
    {
        IpFamily family = service.Family;
        Span<byte> frame = stackalloc byte[FirstPacket.MaxBytes];
        int length = FirstPacket.Write(frame, family, 1, service.Address, 1, service.Port, service.Protocol);
        FlowParser.Parse(frame[..length], LinkType.Ethernet, 0, out FlowKeyV4 v4, out FlowKeyV6 v6, out _);
        return (v4, v6);
    }
}
