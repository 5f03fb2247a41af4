using System.Net.Sockets;
using System.Text;
using DatapathKernels.Bench.Input;
using DatapathKernels.Filtering;
using DatapathKernels.Formats.Clusters;
using DatapathKernels.Formats.Datapaths;
using DatapathKernels.Formats.Iptables;

namespace DatapathKernels.Bench.Scenarios.Updates;

/// <summary>The iptables modes: the matcher compiled anew, or, where rules are indexed, the chains of one Service replaced beside the reader.</summary>
internal sealed class RulesUpdate : NodeUpdate
{
    private readonly Ruleset _rules;
    private readonly DatapathMode _mode;
    private readonly IndexedMatcher? _matcher;
    private readonly EndpointChanges? _changes;
    private int _next;

    /// <summary>Reads the rules.</summary>
    public RulesUpdate(Cluster cluster, NodeDatapath node)
    {
        _rules = IptablesSaveParser.Parse(Encoding.UTF8.GetBytes(KubeProxyIptables.ToText(cluster, Proxy(node))), null, out _, "kube-proxy");
        (_mode, _matcher) = (node.Options.Mode, (Family(node) == AddressFamily.InterNetwork ? node.RulesV4 : node.RulesV6) as IndexedMatcher);
        _changes = _matcher is null ? null : new EndpointChanges(_rules[TableKind.Nat]!);
    }

    /// <inheritdoc/>
    public override bool IsIncremental => _changes is { Count: > 0 };

    /// <inheritdoc/>
    public override bool IsBesideReader => true;

    /// <inheritdoc/>
    public override void Reload()
    {
        using ChainMatcher fresh = _mode switch
        {
            DatapathMode.Iptables => new LinearMatcher(_rules),
            DatapathMode.IptablesVector => new VectorMatcher(_rules),
            _ => new IndexedMatcher(_rules),
        };
    }

    /// <inheritdoc/>
    public override void Change()
    {
        if (_matcher is null || !_changes!.TryApply(_matcher, _next++))
            throw new InvalidOperationException($"{_mode}: change {_next}: no room left, or no index to change");
    }
}
