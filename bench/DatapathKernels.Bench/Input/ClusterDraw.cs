using System.Net;
using System.Net.Sockets;
using DatapathKernels.Datapaths;
using DatapathKernels.Filtering;
using DatapathKernels.Formats.Datapaths;
using DatapathKernels.Packets;

namespace DatapathKernels.Bench.Input;

/// <summary>
/// Draws who talks to whom in the user's cluster: a pod for each burst, services evenly or as often as a capture has packets to them. With policies only
/// pairs that they let through whichever endpoint is chosen, so that every mode, with policies and without, gets the same traffic.
/// </summary>
internal sealed class ClusterDraw(ClusterInput input, IPAddress[] clients, ServiceTarget[] targets, CaptureInput? capture)
{
    /// <summary>Bursts drawn: 4,096 connections in all.</summary>
    public const int MostGroups = 128;

    private const int MostRefusals = 256;

    private readonly Dictionary<(IPAddress, IPAddress, ushort, IpProtocol), bool> _allowed = [];
    private readonly Random _random = new(1);
    private long _asked, _refused;

    /// <summary>Draws; <paramref name="notes"/> says how, and what policies refused.</summary>
    public IReadOnlyList<ClientGroup> Draw(out IReadOnlyList<string> notes)
    {
        List<string> said = [];
        double[] sums = Sums(said);
        using NodeDatapath? probe = input.Policies is null ? null : NodeDatapath.Build(input.Cluster, new NodeOptions { Mode = DatapathMode.Ebpf, NodeName = input.Node.Name, Connections = 65_536, Policies = input.Policies });
        List<ClientGroup> groups = [];
        for (int i = 0; i < MostGroups; i++)
        {
            if (TryDrawGroup(sums, probe, out ClientGroup group))
                groups.Add(group);
        }

        if (probe is not null)
            said.Add($"policies: {_asked - _refused} of {_asked} pairs drawn of pod and Service are let through to every endpoint; these are measured");
        notes = said;
        return groups;
    }

    private bool TryDrawGroup(double[] sums, NodeDatapath? probe, out ClientGroup group)
    {
        IPAddress client = clients[_random.Next(clients.Length)];
        List<ServiceTarget> drawn = [];
        for (int refusals = 0; drawn.Count < ClusterTraffic.Burst && refusals < MostRefusals;)
        {
            ServiceTarget target = TargetAt(sums, _random.NextDouble() * sums[^1]);
            if (target.Address.AddressFamily == client.AddressFamily && IsAllowed(probe, client, target))
                drawn.Add(target);
            else
                refusals++;
        }

        group = new ClientGroup(client, drawn);
        return drawn.Count == ClusterTraffic.Burst;
    }

    private ServiceTarget TargetAt(double[] sums, double at)
    {
        int found = Array.BinarySearch(sums, at);
        return targets[found >= 0 ? Math.Min(found + 1, targets.Length - 1) : ~found];
    }

    /// <summary>Running sums of the services' weights: 1 each, or the capture's packets to the service or to one of its endpoints.</summary>
    private double[] Sums(List<string> said)
    {
        double[] weights = new double[targets.Length];
        if (capture is not null && CountPackets(weights, said) == 0)
            Array.Clear(weights);
        if (weights.All(weight => weight == 0))
            Array.Fill(weights, 1);
        for (int i = 1; i < weights.Length; i++)
            weights[i] += weights[i - 1];
        return weights;
    }

    private int CountPackets(double[] weights, List<string> said)
    {
        Dictionary<(UInt128, ushort, IpProtocol), int> known = [];
        for (int i = 0; i < targets.Length; i++)
            known.TryAdd((Mapped(targets[i].Address), targets[i].Port, targets[i].Protocol), i);
        for (int i = 0; i < targets.Length; i++)
        {
            foreach (Formats.Clusters.ServiceEndpoint endpoint in targets[i].Endpoints)
                known.TryAdd((Mapped(endpoint.Address), endpoint.Port, targets[i].Protocol), i);
        }

        int counted = 0;
        FrameList frames = capture!.Frames;
        for (int i = 0; i < frames.Count; i++)
        {
            if (!frames.Infos[i].HasKey || !known.TryGetValue(DestinationOf(frames, i), out int target))
                continue;
            weights[target]++;
            counted++;
        }

        said.Add(counted > 0
            ? $"cluster: {counted} of the capture's {frames.Count} packets go to {weights.Count(weight => weight > 0)} of the services, which are drawn as often"
            : $"cluster: none of the capture's {frames.Count} packets goes to one of the services; they are drawn evenly");
        return counted;
    }

    private static (UInt128 Address, ushort Port, IpProtocol Protocol) DestinationOf(FrameList frames, int frame)
    {
        if ((frames.Infos[frame].Flags & PacketFlags.Ipv4) == 0)
            return (IpNetwork.ToNumber(new IPAddress(frames.Original(frame).Slice(frames.Infos[frame].L3Offset + 24, 16))), frames.KeysV6[frame].DestinationPort, frames.KeysV6[frame].Protocol);
        return (Mapped(new IPAddress(frames.KeysV4[frame].DestinationBe)), frames.KeysV4[frame].DestinationPort, frames.KeysV4[frame].Protocol);
    }

    private static UInt128 Mapped(IPAddress address) => IpNetwork.ToNumber(address.MapToIPv6());

    /// <summary>True when a first packet gets through to every endpoint. A pod that might meet itself is left out: its own address is masqueraded in some modes before policies see it.</summary>
    private bool IsAllowed(NodeDatapath? probe, IPAddress client, ServiceTarget target)
    {
        if (probe is null)
            return true;
        _asked++;
        (IPAddress, IPAddress, ushort, IpProtocol) pair = (client, target.Address, target.Port, target.Protocol);
        if (!_allowed.TryGetValue(pair, out bool allowed))
            _allowed.Add(pair, allowed = target.Endpoints.All(endpoint => !endpoint.Address.Equals(client) && GetsThrough(probe, client, endpoint.Address, endpoint.Port, target.Protocol)));
        _refused += allowed ? 0 : 1;
        return allowed;
    }

    private static bool GetsThrough(NodeDatapath probe, IPAddress from, IPAddress to, ushort port, IpProtocol protocol)
    {
        Span<byte> frame = stackalloc byte[FirstPacket.MaxBytes];
        IpFamily family = from.AddressFamily == AddressFamily.InterNetwork ? IpFamily.V4 : IpFamily.V6;
        int length = FirstPacket.Write(frame, family, IpNetwork.ToNumber(from), IpNetwork.ToNumber(to), 1024, port, protocol);
        using PacketArena one = new(1, 256);
        one.TryAdd(frame[..length], LinkType.Ethernet);
        PacketFate[] fates = new PacketFate[1];
        probe.Datapath.Process(one.Burst(0), probe.InterfaceOf(from), 0, fates);
        return fates[0].Kind is FateKind.Forwarded or FateKind.Delivered;
    }
}
