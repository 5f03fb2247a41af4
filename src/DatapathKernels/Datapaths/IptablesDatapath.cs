using DatapathKernels.Conntrack;
using DatapathKernels.Filtering;

namespace DatapathKernels.Datapaths;

/// <summary>
/// kube-proxy's iptables mode: connection tracking, the node's rules by one of the three matchers, NAT, routing, in the kernel's order: PREROUTING, then
/// INPUT, or FORWARD and POSTROUTING; OUTPUT and POSTROUTING for what the node sends.
/// </summary>
public sealed class IptablesDatapath : ChainDatapath
{
    /// <summary>Puts a datapath together. It owns none of its parts.</summary>
    /// <param name="network">The node's place in the network.</param>
    /// <param name="v4">The rules of IPv4, by the matcher of choice; null for none.</param>
    /// <param name="v6">The rules of IPv6.</param>
    /// <param name="connections">The node's connections.</param>
    /// <param name="policy">Network policy as chains; null for none.</param>
    /// <param name="seed">Where the draws of <c>statistic</c> start.</param>
    /// <exception cref="ArgumentException">A matcher of the other family.</exception>
    public IptablesDatapath(NodeNetwork network, ChainMatcher? v4, ChainMatcher? v6, ConntrackTable connections, ForwardPolicy? policy = null, uint seed = 1)
        : base(network, v4, v6, connections, policy, seed)
    {
    }
}
