namespace DatapathKernels.Formats.Classifiers;

/// <summary>What a rule set of a packet classifier is like: the three kinds that the ClassBench paper (Taylor and Turner, 2005) tells apart.</summary>
public enum ClassifierCharacter
{
    /// <summary>A router's access list: both addresses narrow, few destinations, mostly TCP to one port.</summary>
    AccessList,

    /// <summary>A firewall: one address narrow and the other anything in four rules of five, ports on either side.</summary>
    Firewall,

    /// <summary>A chain of a Linux host: prefixes of every length on both sides, all protocols.</summary>
    IpChain,
}
