namespace DatapathKernels.Formats.Clusters;

/// <summary>Syncs after the first one.</summary>
internal sealed partial class KubeProxyRuleset
{
    /// <summary>
    /// What kube-proxy sends when the cluster of <paramref name="before"/> became this one: the shared chains as a whole, since
    /// their order may have changed; the chains of a service only when they did; and the end of chains nobody needs any more.
    /// </summary>
    /// <param name="before">The ruleset that is programmed.</param>
    /// <param name="full">True to send every chain all the same, as after an error.</param>
    /// <param name="writer">Where to.</param>
    public void WriteUpdate(KubeProxyRuleset before, bool full, TextWriter writer)
    {
        AddFixedChains();
        AddLeadingRules();
        Dictionary<string, RulesetTable> programmed = before.ChainsByPort();
        HashSet<string> needed = [];
        foreach (KubeServicePort port in _node.ServicePorts())
        {
            AddDispatch(port);
            RulesetTable chains = ChainsOf(port);
            needed.UnionWith(chains.Chains);
            bool same = programmed.TryGetValue(KeyOf(port), out RulesetTable? old) && old.Rules.SequenceEqual(chains.Rules);
            if (full || !same)
                AddChains(_nat, port);
        }

        AddTrailingRules();
        if (!_largeCluster)
            DeleteStale(programmed, needed);
        WriteTables(writer);
    }

    private void DeleteStale(Dictionary<string, RulesetTable> programmed, HashSet<string> needed)
    {
        foreach (RulesetTable chains in programmed.Values)
        {
            foreach (string chain in chains.Chains)
            {
                // An endpoint's chain may be shared by a service's two policies, but never by two ports.
                if (needed.Add(chain))
                    _nat.Delete(chain);
            }
        }
    }

    private Dictionary<string, RulesetTable> ChainsByPort()
    {
        Dictionary<string, RulesetTable> chains = [];
        foreach (KubeServicePort port in _node.ServicePorts())
            chains[KeyOf(port)] = ChainsOf(port);
        return chains;
    }

    private RulesetTable ChainsOf(KubeServicePort port)
    {
        RulesetTable table = new("nat", _options.Spelling, _v6, characters: 1024);
        AddChains(table, port);
        return table;
    }

    private static string KeyOf(KubeServicePort port) => port.Name + port.Protocol;
}
