namespace DatapathKernels.Formats.Clusters;

/// <summary>The spelling of rules that ask sets.</summary>
internal sealed partial class RulesetTable
{
    public void Add(in KubeSetRule rule)
    {
        bool save = spelling == RulesetSpelling.Save;
        string suffix = !save ? "" : v6 ? "/128" : "/32";
        int start = _text.WrittenCount;
        Put("-A ", rule.Chain);
        if (save)
        {
            PutAddress(" -s ", rule.Source, rule.NotSource, suffix);
            PutInterface(rule.Interface, rule.NotInterface);
        }

        if (rule.Protocol is not null)
            Put(" -p ", rule.Protocol);
        PutComment(rule.Comment, quoteAlways: true);
        if (rule.States is not null)
            Put(" -m conntrack --ctstate ", rule.States);
        if (rule.Set is not null)
            Put(" -m set --match-set ", rule.Set);
        if (!save)
        {
            PutAddress(" -s ", rule.Source, rule.NotSource, suffix);
            PutInterface(rule.Interface, rule.NotInterface);
        }

        if (rule.Further is not null)
            Put(" ", rule.Further);
        Put(" -j ", save ? SavedTarget(rule.Target) : rule.Target);
        _rules.Add((rule.Chain, start, _text.WrittenCount - start));
    }
}
