using System.Globalization;
using System.Net;
using System.Net.Sockets;
using DatapathKernels.Filtering;
using DatapathKernels.Formats.Kubernetes.NetworkPolicies;
using DatapathKernels.Packets;

namespace DatapathKernels.Formats.Kubernetes.Policy;

/// <summary>The words of rules: who the other end is, and which ports.</summary>
internal sealed class PolicyRuleText(PolicySets sets, IpFamily family)
{
    // What one multiport match takes; a range counts twice.
    private const int MaxPorts = 15;

    /// <summary>The match of an address at one end; empty for the range of all.</summary>
    /// <param name="side"><c>src</c> or <c>dst</c>.</param>
    /// <param name="range">The range.</param>
    public static string Address(string side, IPNetwork range) => range.PrefixLength == 0 ? "" : $"-{side[0]} {range} ";

    /// <summary>True when addresses of the range are of this family.</summary>
    public bool IsOfFamily(IPAddress address) => address.AddressFamily == AddressFamily.InterNetwork == (family == IpFamily.V4);

    /// <summary>The match of the pods that a peer selects.</summary>
    public string Pods(string side, PolicyPeer peer, string policyNamespace) => $"-m set --match-set {sets.OfPeer(peer, policyNamespace)} {side} ";

    /// <summary>The matches of a list of ports, each for a rule of its own; one that is empty for all traffic.</summary>
    public IEnumerable<PortWords> Ports(IReadOnlyList<PolicyPort> ports)
    {
        if (ports.Count == 0)
            yield return new("", "");
        foreach (IGrouping<IpProtocol, PolicyPort> group in ports.GroupBy(port => port.Protocol))
        {
            string protocol = $"-p {NameOf(group.Key)} ";
            if (group.Any(port => port.IsEveryPort))
            {
                yield return new(protocol, "");
                continue;
            }

            foreach (string list in Lists(group.Where(port => port.Name is null).Distinct()))
                yield return new(protocol, $"-m multiport --dports {list} ");
            foreach (PolicyPort port in group.Where(port => port.Name is not null).Distinct())
                yield return new(protocol, $"-m set --match-set {sets.OfPort(port)} dst,dst ");
        }
    }

    private static IEnumerable<string> Lists(IEnumerable<PolicyPort> ports)
    {
        List<string> list = [];
        int used = 0;
        foreach (PolicyPort port in ports)
        {
            int takes = port.First == port.Last ? 1 : 2;
            if (used + takes > MaxPorts)
            {
                yield return string.Join(',', list);
                list.Clear();
                used = 0;
            }

            list.Add(takes == 1 ? port.First.ToString(CultureInfo.InvariantCulture) : string.Create(CultureInfo.InvariantCulture, $"{port.First}:{port.Last}"));
            used += takes;
        }

        if (list.Count > 0)
            yield return string.Join(',', list);
    }

    private static string NameOf(IpProtocol protocol) => protocol switch
    {
        IpProtocol.Udp => "udp",
        IpProtocol.Sctp => "sctp",
        _ => "tcp",
    };
}
