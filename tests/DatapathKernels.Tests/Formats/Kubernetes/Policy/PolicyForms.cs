using DatapathKernels.Datapaths.Policy;
using DatapathKernels.Filtering;
using DatapathKernels.Formats.Ipset;
using DatapathKernels.Formats.Kubernetes.NetworkPolicies;
using DatapathKernels.Formats.Kubernetes.Policy;
using DatapathKernels.Packets;
using DatapathKernels.Tests.Filtering;
using DatapathKernels.Tests.Formats.Iptables;
using DatapathKernels.Tests.Oracles;
using Xunit;

namespace DatapathKernels.Tests.Formats.Kubernetes.Policy;

/// <summary>
/// The same manifests in every form: the oracle, chains by each matcher (read back from their text), identities one by one and
/// in bursts. With nodes, each enforces for its own pods and a packet must pass all of them.
/// </summary>
public sealed class PolicyForms : IDisposable
{
    private readonly PolicyOracle _oracle;
    private readonly PolicyModel _model;
    private readonly List<CompiledIdentities> _identities = [];
    private readonly List<(PolicyChains Chains, PolicyPod[] Pods, string Kind, ChainMatcher Matcher)> _chains = [];

    public PolicyForms(string manifests, params string?[] nodes)
    {
        _oracle = new PolicyOracle(manifests);
        _model = NetworkPolicyReader.Read(new StringReader(manifests), "m", out _);
        foreach (string? node in nodes.Length == 0 ? [null] : nodes)
        {
            _identities.Add(IdentityPolicyCompiler.Compile(_model, node));
            PolicyPod[] pods = [.. _model.Pods.Where(pod => node is null || pod.Node == node)];
            foreach (IpFamily family in (IpFamily[])[IpFamily.V4, IpFamily.V6])
                AddChains(PolicyChainCompiler.Compile(_model, family, node), pods);
        }
    }

    public PolicyModel Model => _model;

    public IReadOnlyList<CompiledIdentities> Identities => _identities;

    /// <summary>Asserts that every form decides as the oracle does, and returns what that is.</summary>
    public bool Check(PolicyFlow flow)
    {
        bool expected = _oracle.Allows(flow.From, flow.To, flow.Protocol, flow.Fragment ? null : flow.Port);
        TestPacket packet = flow.Packet();
        FlowParser.ParseNetwork(packet.Bytes, 0, out FlowKeyV4 v4, out FlowKeyV6 v6, out PacketInfo info);
        Assert.True(info.HasKey);
        bool byIdentity = true;
        foreach (CompiledIdentities identities in _identities)
        {
            PolicyDecision decision = flow.IsV6 ? identities.Policy.Decide(v6) : identities.Policy.Decide(v4);
            PolicyDecision[] burst = [(PolicyDecision)9];
            ulong mask = flow.IsV6 ? identities.Policy.DecideBurst([v6], burst) : identities.Policy.DecideBurst([v4], burst);
            Assert.Equal((decision, decision == PolicyDecision.Allowed ? 1UL : 0), (burst[0], mask));
            byIdentity &= mask == 1;
        }

        Assert.True(expected == byIdentity, $"{flow}: oracle {expected}, identities {byIdentity}");
        foreach (string kind in Matchers.All.Keys)
        {
            bool byChains = _chains.Where(chains => chains.Kind == kind && chains.Matcher.Family == IpFamily.V6 == flow.IsV6).All(chains => Accepts(chains.Chains, chains.Pods, chains.Matcher, flow, packet));
            Assert.True(expected == byChains, $"{flow}: oracle {expected}, {kind} chains {byChains}");
        }

        return expected;
    }

    /// <summary>Whether the chains accept a packet of this connection state.</summary>
    public bool Accepts(PolicyFlow flow, ConnectionStates state) =>
        _chains.Where(chains => chains.Matcher.Family == IpFamily.V6 == flow.IsV6).All(chains => Accepts(chains.Chains, chains.Pods, chains.Matcher, flow, flow.Packet(), state));

    public void Dispose()
    {
        _identities.ForEach(identities => identities.Dispose());
        _chains.ForEach(chains => chains.Matcher.Dispose());
    }

    private void AddChains(PolicyChains chains, PolicyPod[] pods)
    {
        IpSetCollection sets = IpSetSaveParser.Parse(chains.SetsText(), 0, out IpSetReport report);
        Assert.Empty(report.Skipped);
        foreach ((string kind, Func<Ruleset, MatcherOptions?, ChainMatcher> make) in Matchers.All)
        {
            Ruleset ruleset = Rulesets.Parse(chains.Rules, out DatapathKernels.Formats.Iptables.IptablesReport rules);
            Assert.Empty(rules.Unknown);
            Assert.Empty(rules.Warnings);
            _chains.Add((chains, pods, kind, make(ruleset, new MatcherOptions { Sets = sets, Interfaces = ["eth0", .. chains.Interfaces] })));
        }
    }

    private static bool Accepts(PolicyChains chains, PolicyPod[] pods, ChainMatcher matcher, PolicyFlow flow, TestPacket packet, ConnectionStates state = ConnectionStates.New)
    {
        PacketMeta meta = new()
        {
            State = state,
            InInterface = InterfaceOf(flow.From),
            OutInterface = InterfaceOf(flow.To),
        };
        Assert.True(matcher.Find(TableKind.Filter, "FORWARD", out ChainId chain));
        PacketRandom random = new(1);
        matcher.Evaluate(chain, packet.Copy().Bytes, packet.Info, ref meta, ref random, out PacketVerdict verdict);
        Assert.True(verdict.Kind is VerdictKind.Accept or VerdictKind.Drop, matcher.Describe(verdict));
        return verdict.Kind == VerdictKind.Accept;

        ushort InterfaceOf(System.Net.IPAddress address)
        {
            int pod = Array.FindIndex(pods, pod => pod.Addresses.Contains(address));
            return matcher.InterfaceId(pod < 0 ? "eth0" : chains.Interfaces[pod]);
        }
    }
}
