using System.Net;
using DatapathKernels.Formats.Clusters;
using DatapathKernels.Packets;

namespace DatapathKernels.Formats.Traffic;

/// <summary>
/// Makes the packets that pods of a cluster send: to services, to each other and out of the cluster, as Ethernet frames
/// with sound lengths and checksums. Only the direction from client to server is made.
/// </summary>
/// <remarks>
/// <para>
/// A flow starts with a SYN (TCP) or its first datagram (UDP), from a random pod and a random port of Linux' ephemeral
/// range. Sizes are drawn for every packet alike, so a SYN may carry data, as with TCP Fast Open. A frame too small for
/// its headers gets exactly them: IPv6 TCP needs 78 bytes with the frame check sequence. Services of SCTP get no traffic.
/// </para>
/// <para>
/// A million packets take less than a second. A generator goes on where it stopped; it is for one thread. It remembers
/// every five-tuple it gave out, so that no two flows are alike: some 50 bytes a flow. Flows end without a FIN.
/// </para>
/// </remarks>
public sealed partial class TrafficGenerator
{
    private readonly TrafficOptions _options;
    private readonly FlowTargets _targets;
    private readonly ZipfSampler? _popularityV4;
    private readonly ZipfSampler? _popularityV6;
    private readonly double _ipv6Share;
    private readonly FrameBuilder _builder = new();
    private readonly Flow[] _active;
    private SeededRandom _random;
    private int _activeCount;
    private int _flows;

    /// <summary>Prepares to send.</summary>
    /// <exception cref="ArgumentException">A share is not between 0 and 1, or the cluster has no pods or services for the traffic asked for.</exception>
    public TrafficGenerator(Cluster cluster, TrafficOptions options)
    {
        ArgumentNullException.ThrowIfNull(cluster);
        ArgumentNullException.ThrowIfNull(options);
        CheckShare(nameof(options.NewConnectionShare), options.NewConnectionShare);
        CheckShare(nameof(options.PodToPodShare), options.PodToPodShare);
        CheckShare(nameof(options.OutboundShare), options.OutboundShare);
        CheckShare(nameof(options.OutboundShare), options.OutboundShare + options.PodToPodShare);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.ActiveFlows, 1);

        _options = options;
        _targets = new FlowTargets(cluster);
        _ipv6Share = options.IPv6Share ?? DefaultIPv6Share(_targets);
        CheckShare(nameof(options.IPv6Share), _ipv6Share);
        bool services = options.PodToPodShare + options.OutboundShare < 1;
        if (_ipv6Share < 1)
            CheckTargets("IPv4", _targets.PodsV4.Length, services, _targets.ReachableV4.Length);
        if (_ipv6Share > 0)
            CheckTargets("IPv6", _targets.PodsV6.Length, services, _targets.ReachableV6.Length);

        _random = new SeededRandom(options.Seed, stream: 10);
        _random.Shuffle(_targets.ReachableV4.AsSpan());
        _random.Shuffle(_targets.ReachableV6.AsSpan());
        _popularityV4 = _targets.ReachableV4.Length > 0 ? new ZipfSampler(_targets.ReachableV4.Length, options.Skew) : null;
        _popularityV6 = _targets.ReachableV6.Length > 0 ? new ZipfSampler(_targets.ReachableV6.Length, options.Skew) : null;
        _active = new Flow[options.ActiveFlows];
    }

    /// <summary>Flows started so far.</summary>
    public int FlowsStarted => _flows;

    /// <summary>The next packets, in an arena with slots just large enough.</summary>
    /// <param name="packets">How many, 1 or more.</param>
    /// <param name="headroomBytes">Free bytes before each frame.</param>
    public TrafficTrace Generate(int packets, int headroomBytes = PacketArena.DefaultHeadroomBytes)
    {
        int largest = Math.Max(_options.Sizes.LargestBytes - FrameSizes.CheckSequenceBytes, FrameBuilder.HeaderBytes(true, IpProtocol.Tcp));
        PacketArena arena = new(packets, RoundUp(headroomBytes) + largest, headroomBytes);
        PacketTruth[] truth = new PacketTruth[packets];
        Fill(arena, truth);
        return new TrafficTrace(arena, truth);
    }

    /// <summary>Adds the next packets to an arena until it is full or <paramref name="truth"/> is.</summary>
    /// <param name="arena">Where frames go; those already there stay.</param>
    /// <param name="truth">Set for each frame added, from the first element on.</param>
    /// <returns>How many were added.</returns>
    /// <exception cref="ArgumentException">The arena's slots are too small for the largest frame.</exception>
    /// <exception cref="InvalidOperationException">The cluster is so small that no unused five-tuple was found for a new flow.</exception>
    public int Fill(PacketArena arena, Span<PacketTruth> truth)
    {
        ArgumentNullException.ThrowIfNull(arena);
        int count = Math.Min(arena.Capacity - arena.Count, truth.Length);
        for (int i = 0; i < count; i++)
        {
            bool isNew = _activeCount == 0 || _random.NextDouble() < _options.NewConnectionShare;
            ref Flow flow = ref isNew ? ref Start() : ref _active[_random.Below(_activeCount)];
            if (!arena.TryAdd(NextFrame(ref flow, isNew)))
                throw new ArgumentException($"the arena's slots hold frames of at most {arena.MaxFrameBytes} bytes", nameof(arena));
            truth[i] = new PacketTruth(flow.Number, flow.Service, flow.Kind, isNew, flow.IsIPv6);
        }

        return count;
    }

    private ReadOnlySpan<byte> NextFrame(ref Flow flow, bool isNew)
    {
        int size = _options.Sizes.Draw(_random.Below(_options.Sizes.Lots)) - FrameSizes.CheckSequenceBytes;
        IpProtocol protocol = flow.IsIPv6 ? flow.KeyV6.Protocol : flow.KeyV4.Protocol;
        int headers = FrameBuilder.HeaderBytes(flow.IsIPv6, protocol);
        size = Math.Max(size, headers);

        FrameBuilder.Segment segment = new(flow.Identification++, flow.Sequence, isNew ? 0 : flow.Acknowledgment, isNew);
        flow.Sequence += (uint)(size - headers) + (isNew ? 1u : 0u);
        return flow.IsIPv6 ? _builder.Write(flow.KeyV6, size, segment) : _builder.Write(flow.KeyV4, size, segment);
    }

    private static double DefaultIPv6Share(FlowTargets targets) =>
        targets.PodsV6.Length == 0 ? 0 : targets.PodsV4.Length == 0 ? 1 : 0.5;

    private static void CheckShare(string name, double share)
    {
        if (share is not (>= 0 and <= 1))
            throw new ArgumentOutOfRangeException(name, share, "a share from 0 to 1");
    }

    private static void CheckTargets(string family, int pods, bool needsServices, int services)
    {
        if (pods == 0)
            throw new ArgumentException($"the cluster has no pods with {family} addresses to send {family} traffic");
        if (needsServices && services == 0)
            throw new ArgumentException($"the cluster has no TCP or UDP services with {family} addresses to send {family} traffic to");
    }

    private static int RoundUp(int bytes) => (bytes + 63) / 64 * 64;
}
