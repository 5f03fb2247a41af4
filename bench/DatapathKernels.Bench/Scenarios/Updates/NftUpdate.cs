using System.Net.Sockets;
using DatapathKernels.Filtering;
using DatapathKernels.Filtering.Nft;
using DatapathKernels.Formats.Clusters;
using DatapathKernels.Formats.Datapaths;
using DatapathKernels.Formats.Nft;

namespace DatapathKernels.Bench.Scenarios.Updates;

/// <summary>The nftables mode: the tables compiled anew. Our matcher has no way to change one element, where the kernel's has.</summary>
internal sealed class NftUpdate(Cluster cluster, NodeDatapath node) : NodeUpdate
{
    private readonly IpFamily _family = Family(node) == AddressFamily.InterNetwork ? IpFamily.V4 : IpFamily.V6;

    private readonly NftRuleset _rules = NftParser.Parse(KubeProxyNftables.ToText(cluster, Proxy(node)));

    /// <inheritdoc/>
    public override bool IsIncremental => false;

    /// <inheritdoc/>
    public override void Reload()
    {
        using NftMatcher fresh = new(_rules, _family);
    }

    /// <inheritdoc/>
    public override void Change() => throw new InvalidOperationException("Nftables: the tables are compiled as a whole");
}
