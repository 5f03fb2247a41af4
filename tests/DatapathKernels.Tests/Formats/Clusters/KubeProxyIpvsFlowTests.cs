using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using DatapathKernels.Filtering;
using DatapathKernels.Formats.Clusters;
using DatapathKernels.Formats.Ipvs;
using DatapathKernels.Packets;
using DatapathKernels.Tests.Filtering;
using DatapathKernels.Tests.Formats.Iptables;
using DatapathKernels.Tests.Infrastructure;
using Xunit;

namespace DatapathKernels.Tests.Formats.Clusters;

/// <summary>
/// Upstream's flows of its other modes, answered by IPVS mode for the same services: virtual servers, sets and rules together.
/// Where the answer differs, it does for one of the reasons known of this mode, and as often as counted here.
/// </summary>
public class KubeProxyIpvsFlowTests
{
    private const string Same = "same";
    private const string NoServer = "a virtual server without real ones where others refuse";
    private const string AllServe = "all endpoints where the node has none, and others drop";
    private const string LocalOnly = "a local policy holds for pods and nodes too";
    private const string LoopBack = "hairpins are masqueraded behind POSTROUTING, without a mark";
    private const string NoLocalhost = "no node ports on localhost";
    private const string OtherPorts = "other ports of a service's address are refused";
    private const string NoHealthCheck = "no health check for a service whose node port has no address";

    private static readonly string[] Reasons = [Same, NoServer, AllServe, LocalOnly, LoopBack, NoLocalhost, OtherPorts, NoHealthCheck];

    [CorpusTheory]
    [InlineData("iptables-verbatim", 44, 18, 1, 1, 1, 1, 0, 1)]
    [InlineData("iptables-generated", 101, 15, 0, 8, 0, 12, 0, 0)]
    [InlineData("nftables", 159, 31, 1, 11, 1, 0, 2, 0)]
    public void Every_flow_goes_where_it_goes_in_other_modes_but_for_known_reasons(string folder, params int[] expected)
    {
        Dictionary<string, int> counts = Reasons.ToDictionary(reason => reason, _ => 0);
        List<string> failures = [];
        foreach (string file in Directory.EnumerateFiles(Corpus.PathOf("kubeproxy", "cases", folder), "*.json").Order())
        {
            using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(file));
            if (!document.RootElement.TryGetProperty("model", out JsonElement model))
                continue;
            using IpvsNode node = new(model, [.. document.RootElement.GetProperty("nodeIPs").EnumerateArray().Select(ip => IPAddress.Parse(ip.GetString()!))]);
            foreach (JsonElement flow in document.RootElement.GetProperty("flows").EnumerateArray())
            {
                if (ReasonOf(flow, node.Answer(flow)) is { } reason)
                    counts[reason]++;
                else
                    failures.Add($"{Path.GetFileName(file)}: {flow}: {node.Answer(flow)}");
            }
        }

        Assert.Equal([], failures);
        Assert.Equal(expected, counts.Values);
    }

    private static string? ReasonOf(JsonElement flow, Answer actual)
    {
        string output = flow.GetProperty("output").GetString()!;
        bool serves = output.Contains(':', StringComparison.Ordinal), masquerades = flow.GetProperty("masq").GetBoolean();
        IPAddress source = IPAddress.Parse(flow.GetProperty("sourceIP").GetString()!);
        string[] servers = actual.Output.Split(", "), expected = output.Split(", ");
        if (actual.Output == output)
            return !serves || actual.Marked == masquerades ? Same : masquerades && servers.Any(server => IPEndPoint.Parse(server).Address.Equals(source)) ? LoopBack : null;
        if (output is "REJECT" or "DROP")
            return actual.Output == Answer.WithoutServer ? NoServer : output == "DROP" && actual.Output.Contains(':', StringComparison.Ordinal) ? AllServe : null;
        if (output.Length == 0)
            return actual.Output == "REJECT" ? OtherPorts : null;
        if (output == "ACCEPT")
            return actual.Output.Length == 0 ? NoHealthCheck : null;
        if (IPAddress.IsLoopback(IPAddress.Parse(flow.GetProperty("destIP").GetString()!)))
            return actual.Output.Length == 0 ? NoLocalhost : null;
        return servers.All(expected.Contains) ? LocalOnly : null;
    }

    private readonly record struct Answer(string Output, bool Marked)
    {
        public const string WithoutServer = "no server";
    }

    /// <summary>A node in IPVS mode: what is programmed, and a matcher for its rules.</summary>
    private sealed class IpvsNode : IDisposable
    {
        private readonly KubeProxyIpvsState _state;
        private readonly LinearMatcher _matcher;

        public IpvsNode(JsonElement model, IPAddress[] addresses)
        {
            KubeProxyOptions options = KubernetesModel.Options(model.GetProperty("config")) with { BaseChains = true, InterfaceAddresses = addresses };
            _state = KubeProxyIpvs.Build(KubernetesModel.Load(model), options);
            Ruleset ruleset = Rulesets.Parse(_state.Rules, new() { Family = options.Family == AddressFamily.InterNetwork ? IpFamily.V4 : IpFamily.V6 });
            NodeAddresses local = new(addresses.Concat(_state.BoundAddresses).Select(IpNetwork.Host));
            _matcher = new LinearMatcher(ruleset, new MatcherOptions { Addresses = local, Sets = _state.Sets });
        }

        public void Dispose() => _matcher.Dispose();

        public Answer Answer(JsonElement flow)
        {
            string destination = flow.GetProperty("destIP").GetString()!;
            int port = flow.GetProperty("destPort").GetInt32();
            TestPacket packet = TestPacket.OfProtocol(flow.GetProperty("protocol").GetString()!, flow.GetProperty("sourceIP").GetString()!, destination, port);
            PacketMeta meta = new() { State = ConnectionStates.New };
            Evaluate(TableKind.Nat, "PREROUTING", packet, ref meta);
            PacketVerdict input = Evaluate(TableKind.Filter, "INPUT", packet, ref meta);
            bool marked = (meta.Mark & 0x4000) != 0;
            if (input.Kind != VerdictKind.Accept)
                return new(input.Kind.ToString().ToUpperInvariant(), marked);
            IpvsServiceEntry? service = _state.Services.Find(IpvsServiceId.At(IPAddress.Parse(destination), (ushort)port, packet.Info.Protocol));
            if (service is null)
                return new(input.Rule >= 0 ? "ACCEPT" : "", marked);
            string[] servers = [.. service.Servers.Select(server => new IPEndPoint(server.Address, server.Port).ToString())];
            return new(servers.Length == 0 ? KubeProxyIpvsFlowTests.Answer.WithoutServer : string.Join(", ", servers), marked);
        }

        private PacketVerdict Evaluate(TableKind table, string name, TestPacket packet, ref PacketMeta meta)
        {
            PacketRandom random = new(1);
            Assert.True(_matcher.Find(table, name, out ChainId chain));
            _matcher.Evaluate(chain, packet.Bytes, packet.Info, ref meta, ref random, out PacketVerdict verdict);
            return verdict;
        }
    }
}
