namespace DatapathKernels.Formats.Clusters;

/// <summary>The two ways one iptables ruleset is written down.</summary>
public enum RulesetSpelling : byte
{
    /// <summary>What kube-proxy hands to <c>iptables-restore</c>: <c>-m tcp -p tcp -d 10.96.0.1 --dport 80 ...</c>.</summary>
    Restore,

    /// <summary>What <c>iptables-save</c> 1.8 prints for it: <c>-d 10.96.0.1/32 -p tcp ... -m tcp --dport 80</c>, chains in alphabetical order.</summary>
    Save,
}
