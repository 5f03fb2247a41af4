using System.Net;
using DatapathKernels.Formats.Clusters;
using DatapathKernels.Packets;

namespace DatapathKernels.Formats.Traffic;

/// <summary>How flows start.</summary>
public sealed partial class TrafficGenerator
{
    // Linux' default ephemeral range (net.ipv4.ip_local_port_range).
    private const int FirstEphemeralPort = 32_768;
    private const int EphemeralPorts = 28_232;

    private const ushort PodPort = 8080;
    private const ushort OutboundPort = 443;

    // Chance of not finding a free five-tuple in a half-used space: 2^-64.
    private const int MaxTries = 64;

    private readonly HashSet<FlowKeyV4> _usedV4 = [];
    private readonly HashSet<FlowKeyV6> _usedV6 = [];

    private struct Flow
    {
        public FlowKeyV4 KeyV4;
        public FlowKeyV6 KeyV6;
        public int Number;
        public int Service;
        public uint Sequence;
        public uint Acknowledgment;
        public ushort Identification;
        public TrafficKind Kind;
        public bool IsIPv6;
    }

    private ref Flow Start()
    {
        int slot = _activeCount < _active.Length ? _activeCount++ : _random.Below(_active.Length);
        ref Flow flow = ref _active[slot];
        double kind = _random.NextDouble();
        flow = new Flow
        {
            Number = _flows++,
            Service = PacketTruth.NoService,
            Kind = kind < _options.PodToPodShare ? TrafficKind.PodToPod
                : kind < _options.PodToPodShare + _options.OutboundShare ? TrafficKind.Outbound
                : TrafficKind.Service,
            IsIPv6 = _random.NextDouble() < _ipv6Share,
            Sequence = (uint)_random.Next(),
            Acknowledgment = (uint)_random.Next(),
            Identification = (ushort)_random.Next(),
        };
        for (int i = 0; i < MaxTries; i++)
        {
            if (flow.IsIPv6 ? TryStartV6(ref flow) : TryStartV4(ref flow))
                return ref flow;
        }

        throw new InvalidOperationException($"no unused five-tuple found for flow {flow.Number}: the cluster needs more pods");
    }

    /// <summary>Draws a five-tuple; false when it is in use or a pod would talk to itself.</summary>
    private bool TryStartV4(ref Flow flow)
    {
        uint source = _targets.PodsV4[_random.Below(_targets.PodsV4.Length)];
        ushort sourcePort = Be((ushort)(FirstEphemeralPort + _random.Below(EphemeralPorts)));
        switch (flow.Kind)
        {
            case TrafficKind.Service:
                flow.Service = _targets.ReachableV4[_popularityV4!.Sample(_random.NextDouble())];
                ServiceKeyV4 service = _targets.ServicesV4[flow.Service];
                flow.KeyV4 = new(source, service.AddressBe, sourcePort, service.PortBe, service.Protocol);
                break;
            case TrafficKind.PodToPod:
                flow.KeyV4 = new(source, _targets.PodsV4[_random.Below(_targets.PodsV4.Length)], sourcePort, Be(PodPort), IpProtocol.Tcp);
                break;
            default:
                flow.KeyV4 = new(source, FlowTargets.OutsideV4((uint)_random.Next()), sourcePort, Be(OutboundPort), IpProtocol.Tcp);
                break;
        }

        return flow.KeyV4.SourceBe != flow.KeyV4.DestinationBe && _usedV4.Add(flow.KeyV4);
    }

    /// <inheritdoc cref="TryStartV4"/>
    private bool TryStartV6(ref Flow flow)
    {
        IPv6Address source = _targets.PodsV6[_random.Below(_targets.PodsV6.Length)];
        ushort sourcePort = Be((ushort)(FirstEphemeralPort + _random.Below(EphemeralPorts)));
        switch (flow.Kind)
        {
            case TrafficKind.Service:
                flow.Service = _targets.ReachableV6[_popularityV6!.Sample(_random.NextDouble())];
                ServiceKeyV6 service = _targets.ServicesV6[flow.Service];
                flow.KeyV6 = new(source, service.Address, sourcePort, service.PortBe, service.Protocol);
                break;
            case TrafficKind.PodToPod:
                flow.KeyV6 = new(source, _targets.PodsV6[_random.Below(_targets.PodsV6.Length)], sourcePort, Be(PodPort), IpProtocol.Tcp);
                break;
            default:
                flow.KeyV6 = new(source, FlowTargets.OutsideV6(_random.Next()), sourcePort, Be(OutboundPort), IpProtocol.Tcp);
                break;
        }

        return flow.KeyV6.Source != flow.KeyV6.Destination && _usedV6.Add(flow.KeyV6);
    }

    private static ushort Be(ushort port) => (ushort)IPAddress.HostToNetworkOrder((short)port);
}
