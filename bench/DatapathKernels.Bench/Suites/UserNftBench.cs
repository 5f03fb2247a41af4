using BenchmarkDotNet.Attributes;
using DatapathKernels.Bench.Input;
using DatapathKernels.Filtering;
using DatapathKernels.Filtering.Nft;
using DatapathKernels.Packets;

namespace DatapathKernels.Bench.Suites;

/// <summary>
/// What does the first packet of a connection cost under the reader's own nftables rules (<c>--rules</c>)? Packets of the reader's
/// capture when there is one, otherwise packets made for the services that kube-proxy's map holds and a few for none.
/// </summary>
[MeasuredIn("ns/packet")]
[NeedsInput(Nft = true)]
public class UserNftBench : IDisposable
{
    private const int WalkedPackets = 64;

    private FrameList _frames = null!;
    private PacketInfo[] _infos = [];
    private NftMatcher? _matcher;
    private PacketRandom _random = new(1);
    private GivenConnectionState _connections;

    /// <summary>Service ports found in kube-proxy's map: one value.</summary>
    [ParamsSource(nameof(ServicesInRules))]
    public int Services { get; set; }

    public static IEnumerable<int> ServicesInRules => [NftInput.FromEnvironment().Services.Count];

    [GlobalSetup]
    public void Setup()
    {
        NftInput rules = NftInput.FromEnvironment();
        _matcher = new NftMatcher(rules.Ruleset, rules.Family, new MatcherOptions());
        int[]? services = null;
        _frames = CaptureInput.FromEnvironment() is { } capture
            ? RulesTraffic.From(capture, rules.Family)
            : RulesTraffic.Make(rules.Family, rules.Services, pods: [], out services);
        _infos = [.. _frames.Infos];
        Check(services);
    }

    [GlobalCleanup]
    public void Dispose()
    {
        _matcher?.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Every base chain from arrival to departure; how many packets got a new destination.</summary>
    [Benchmark(OperationsPerInvoke = WalkedPackets, Baseline = true)]
    public int NftTraversal()
    {
        int translated = 0;
        for (int i = 0; i < WalkedPackets; i++)
        {
            Walk(_frames.TakeNext(out int index), index, out PacketVerdict verdict);
            translated += verdict.Destination.Kind == NatKind.None ? 0 : 1;
        }

        return translated;
    }

    /// <summary>What of it is bringing the frames back.</summary>
    [Benchmark(OperationsPerInvoke = WalkedPackets)]
    public int Restore()
    {
        int bytes = 0;
        for (int i = 0; i < WalkedPackets; i++)
            bytes += _frames.TakeNext(out _).Length;
        return bytes;
    }

    private void Walk(Span<byte> frame, int index, out PacketVerdict verdict)
    {
        PacketMeta meta = new() { State = ConnectionStates.New };
        _matcher!.Traverse(frame, in _infos[index], ref meta, ref _random, ref _connections, out verdict);
    }

    // A packet to a service is translated, or refused with a reason; one that is neither would say that the map was not asked.
    private void Check(int[]? services)
    {
        for (int i = 0; services is not null && i < services.Length; i++)
        {
            Walk(_frames.Take(i), i, out PacketVerdict verdict);
            if (services[i] >= 0 && verdict.Kind == VerdictKind.Accept && verdict.Destination.Kind == NatKind.None)
                throw new InvalidOperationException($"packet {i}: expected service {services[i]} to be translated or refused, it went on as it was");
        }
    }
}
