using System.Net;
using System.Text.Json;
using DatapathKernels.Formats.Clusters;
using DatapathKernels.Formats.Datapaths;
using DatapathKernels.Tests.Infrastructure;
using Xunit;

namespace DatapathKernels.Tests.Datapaths;

/// <summary>
/// Upstream's flows through whole nodes in every mode. iptables mode answers every one as upstream says; where another mode answers otherwise, it does for one of
/// the reasons in <see cref="ModeDifference"/>, and every one of those named here occurs.
/// </summary>
public class DatapathCaseTests
{
    private const int Flows = 408;

    private static readonly string[] Folders = ["iptables-verbatim", "iptables-generated", "nftables"];

    public static TheoryData<DatapathMode, OverlayKind> Modes => DatapathTests.Modes;

    [CorpusTheory]
    [MemberData(nameof(Modes))]
    public void Every_flow_goes_where_upstream_says_but_for_known_reasons(DatapathMode mode, OverlayKind overlay)
    {
        HashSet<ModeDifference> reasons = [];
        List<string> failures = [];
        int flows = 0;
        foreach (string file in Folders.SelectMany(folder => Directory.EnumerateFiles(Corpus.PathOf("kubeproxy", "cases", folder), "*.json").Order()))
        {
            using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(file));
            if (!document.RootElement.TryGetProperty("model", out JsonElement model))
                continue;
            using CaseNode node = new(model, [.. document.RootElement.GetProperty("nodeIPs").EnumerateArray().Select(ip => IPAddress.Parse(ip.GetString()!))], mode, overlay);
            foreach (JsonElement flow in document.RootElement.GetProperty("flows").EnumerateArray())
            {
                flows++;
                if (Judge(node, mode, flow) is not { } reason)
                    failures.Add($"{Path.GetFileName(file)}: {flow}: {node.Answer(flow)}");
                else if (reason != ModeDifference.None)
                    reasons.Add(reason);
            }
        }

        Assert.Equal([], failures);
        Assert.Equal(Flows, flows);
        Assert.Equal(Expected(mode), reasons.Order());
    }

    private static ModeDifference[] Expected(DatapathMode mode) => mode switch
    {
        DatapathMode.Nftables => [ModeDifference.NoLocalhost, ModeDifference.OtherPorts],
        DatapathMode.Ipvs => [ModeDifference.NoLocalhost, ModeDifference.OtherPorts, ModeDifference.ToldInsteadOfDropped, ModeDifference.AllServe, ModeDifference.HairpinOfUnknownNode],
        DatapathMode.Ebpf =>
        [
            ModeDifference.NoLocalhost, ModeDifference.ToldInsteadOfDropped, ModeDifference.ClusterIPFromOutside, ModeDifference.OwnSourceToLocalBackend,
            ModeDifference.OwnSourceOfPods, ModeDifference.PodsAreKnown, ModeDifference.BalancersName,
        ],
        _ => [],
    };

    /// <summary>Why the answer is another than upstream's; null when nothing explains it.</summary>
    private static ModeDifference? Judge(CaseNode node, DatapathMode mode, JsonElement flow)
    {
        string[] expected = flow.GetProperty("output").GetString()!.Split(", ");
        bool masquerades = flow.GetProperty("masq").GetBoolean();
        (string output, bool? masqueraded) = node.Answer(flow);
        bool same = output.Length == 0 ? expected[0] is "" or "ACCEPT" : expected.Contains(output);
        if (same && (masqueraded is null || masqueraded == masquerades))
            return ModeDifference.None;
        FlowOfCase asked = new(node, flow, expected, output, same, masquerades);
        return mode switch
        {
            DatapathMode.Nftables => asked.OfNftables(),
            DatapathMode.Ipvs => asked.OfIpvs(),
            DatapathMode.Ebpf => asked.OfEbpf(),
            _ => null,
        };
    }

    /// <summary>A flow whose answer differs, and what is known of it.</summary>
    private sealed record FlowOfCase(CaseNode Node, JsonElement Flow, string[] Expected, string Output, bool Same, bool Masquerades)
    {
        private IPAddress Source => IPAddress.Parse(Flow.GetProperty("sourceIP").GetString()!);

        private IPAddress Destination => IPAddress.Parse(Flow.GetProperty("destIP").GetString()!);

        private bool IsToClusterIP => Node.Cluster.Services.Any(service => service.ClusterIPs.Contains(Destination));

        /// <summary>The service's own masquerading, where only that differs.</summary>
        private bool IsOnlySource => Same && Output is not ("" or "REJECT" or "DROP");

        private ServiceEndpoint Endpoint => Node.Cluster.Services.SelectMany(service => service.Ports).SelectMany(port => port.Endpoints).First(endpoint => EndpointSelection.Text(endpoint) == Output);

        public ModeDifference? OfNftables() =>
            IPAddress.IsLoopback(Destination) && Output.Length == 0 ? ModeDifference.NoLocalhost
            : IsToClusterIP && Expected is [""] && Output == "REJECT" ? ModeDifference.OtherPorts
            : null;

        public ModeDifference? OfIpvs() => OfNftables() ?? (
            Expected is ["DROP"] && Output == "REJECT" ? ModeDifference.ToldInsteadOfDropped
            : Expected is ["DROP"] && Node.Cluster.Services.SelectMany(service => service.Ports).SelectMany(port => port.Endpoints).Any(endpoint => EndpointSelection.Text(endpoint) == Output) ? ModeDifference.AllServe
            : IsOnlySource && Masquerades && Endpoint.Address.Equals(Source) && Endpoint.Node != Node.Node.Name ? ModeDifference.HairpinOfUnknownNode
            : null);

        public ModeDifference? OfEbpf() =>
            IPAddress.IsLoopback(Destination) && Output.Length == 0 ? ModeDifference.NoLocalhost
            : Expected is ["DROP"] && Output == "REJECT" ? ModeDifference.ToldInsteadOfDropped
            : IsToClusterIP && Node.IsFromOutside(Source) && Output == "DROP" ? ModeDifference.ClusterIPFromOutside
            : IsOnlySource && Masquerades && Node.IsFromOutside(Source) && Endpoint.Node == Node.Node.Name ? ModeDifference.OwnSourceToLocalBackend
            : IsOnlySource && Masquerades && !Node.IsFromOutside(Source) ? ModeDifference.OwnSourceOfPods
            : !Same && Output is not ("" or "REJECT" or "DROP") && !Node.IsFromOutside(Source) && Node.Cluster.PodRanges.Count == 0 ? ModeDifference.PodsAreKnown
            : Source.Equals(Destination) && Output == "DROP" ? ModeDifference.BalancersName
            : null;
    }
}
