using System.Net;
using DatapathKernels.Formats.Clusters;
using DatapathKernels.Formats.Kubernetes.NetworkPolicies;

namespace DatapathKernels.Formats.Kubernetes.Policy;

/// <summary>The chains of pods, and those of policies and profiles that they call.</summary>
internal sealed class PodChains(RulesetTable table, PolicyRuleText text, PolicyModel model)
{
    private readonly HashSet<string> _made = [];

    /// <summary>The way from FORWARD to the pods and, once both ends have accepted, out.</summary>
    public static void AddForward(RulesetTable table)
    {
        table.Declare("cali-FORWARD");
        table.Add("FORWARD", "-j cali-FORWARD");
        table.Add("FORWARD", $"-m comment --comment \"Policy explicitly accepted packet.\" {PolicyMark.Has(PolicyMark.Accepted)}-j ACCEPT");
        table.Add("cali-FORWARD", PolicyMark.Clear("0x70000"));
        table.Add("cali-FORWARD", $"-i {WorkloadInterface.Prefix}+ -j cali-from-wl-dispatch");
        table.Add("cali-FORWARD", $"-o {WorkloadInterface.Prefix}+ -j cali-to-wl-dispatch");
    }

    /// <summary>Adds both chains of a pod.</summary>
    public void Add(PodPolicy pod, string name)
    {
        NetworkPolicy[] policies = [.. model.Policies.Where(policy => policy.Selects(pod.Pod)).OrderBy(policy => policy.Name, StringComparer.Ordinal)];
        AddPod(pod.Pod, $"cali-fw-{name}", "dst", "cali-po-", "cali-pro-", [.. policies.Where(policy => policy.AffectsEgress)]);
        AddPod(pod.Pod, $"cali-tw-{name}", "src", "cali-pi-", "cali-pri-", [.. policies.Where(policy => policy.AffectsIngress)]);
    }

    private void AddPod(PolicyPod pod, string chain, string side, string policyPrefix, string profilePrefix, NetworkPolicy[] policies)
    {
        table.Declare(chain);
        table.Add(chain, "-m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT");
        table.Add(chain, "-m conntrack --ctstate INVALID -j DROP");
        table.Add(chain, PolicyMark.Clear(PolicyMark.Accepted));
        foreach (IPAddress address in pod.Addresses.Concat(pod.HostAddresses).Where(text.IsOfFamily))
        {
            table.Add(chain, $"{PolicyRuleText.Address(side, AddressPrefix.Of(address))}-m comment --comment \"The pod itself and its node\" {PolicyMark.Set(PolicyMark.Accepted)}");
            AddReturn(chain, "Return if accepted");
        }

        if (policies.Length > 0)
            AddPolicies(chain, side, policyPrefix, policies);
        string profile = Profile(profilePrefix, pod.Namespace);
        table.Add(chain, $"-j {profile}");
        AddReturn(chain, "Return if profile accepted");
        table.Add(chain, "-m comment --comment \"Drop if no profiles matched\" -j DROP");
    }

    private void AddPolicies(string chain, string side, string prefix, NetworkPolicy[] policies)
    {
        table.Add(chain, $"-m comment --comment \"Start of policies\" {PolicyMark.Clear(PolicyMark.Passed)}");
        foreach (NetworkPolicy policy in policies)
        {
            table.Add(chain, $"{PolicyMark.HasNot(PolicyMark.Passed)}-j {Policy(prefix, side, policy)}");
            AddReturn(chain, "Return if policy accepted");
        }

        table.Add(chain, $"-m comment --comment \"Drop if no policies passed packet\" {PolicyMark.HasNot(PolicyMark.Passed)}-j DROP");
    }

    private string Profile(string prefix, string podNamespace)
    {
        string chain = CalicoNames.Chain(prefix, $"kns.{podNamespace}");
        if (!_made.Add(chain))
            return chain;
        table.Declare(chain);
        table.Add(chain, PolicyMark.Set(PolicyMark.Accepted));
        AddReturn(chain, "Return if accepted");
        return chain;
    }

    /// <summary>The chain of a policy in one direction: a rule for each kind of peer and list of ports.</summary>
    private string Policy(string prefix, string side, NetworkPolicy policy)
    {
        string chain = CalicoNames.Chain(prefix, $"{policy.Namespace}/knp.default.{policy.Name}");
        if (!_made.Add(chain))
            return chain;
        table.Declare(chain);
        foreach (PolicyRule rule in side == "src" ? policy.Ingress : policy.Egress)
        {
            PortWords[] ports = [.. text.Ports(rule.Ports)];
            if (rule.Peers.Count == 0)
                AddAccepts(chain, "", "", ports);
            foreach (PolicyPeer peer in rule.Peers)
                AddPeer(chain, side, policy.Namespace, peer, ports);
        }

        return chain;
    }

    /// <summary>One peer. Exceptions of a block come before its rules, each clearing the bit that the rules then ask for.</summary>
    private void AddPeer(string chain, string side, string policyNamespace, PolicyPeer peer, PortWords[] ports)
    {
        if (peer.Block is not { } block)
        {
            AddAccepts(chain, "", text.Pods(side, peer, policyNamespace), ports);
            return;
        }

        if (!text.IsOfFamily(block.Network.BaseAddress))
            return;
        string match = "";
        if (block.Except.Count > 0)
        {
            table.Add(chain, PolicyMark.Set(PolicyMark.InBlock));
            foreach (IPNetwork except in block.Except)
                table.Add(chain, PolicyRuleText.Address(side, except) + PolicyMark.Clear(PolicyMark.InBlock));
            match = PolicyMark.Has(PolicyMark.InBlock);
        }

        AddAccepts(chain, PolicyRuleText.Address(side, block.Network), match, ports);
    }

    private void AddAccepts(string chain, string address, string peer, PortWords[] ports)
    {
        foreach (PortWords port in ports)
        {
            table.Add(chain, address + port.Protocol + peer + port.Match + PolicyMark.Set(PolicyMark.Accepted));
            AddReturn(chain, null);
        }
    }

    private void AddReturn(string chain, string? comment) =>
        table.Add(chain, $"{(comment is null ? "" : $"-m comment --comment \"{comment}\" ")}{PolicyMark.Has(PolicyMark.Accepted)}-j RETURN");
}
