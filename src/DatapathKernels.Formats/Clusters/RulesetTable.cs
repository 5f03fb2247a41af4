using System.Buffers;
using System.Globalization;

namespace DatapathKernels.Formats.Clusters;

/// <summary>One table of a ruleset being written: its chains, and its rules as text, which may be put in order at the end.</summary>
internal sealed class RulesetTable(string name, RulesetSpelling spelling, bool v6)
{
    private readonly List<string> _baseChains = [];
    private readonly List<string> _chains = [];
    private readonly List<(string Chain, int Start, int Length)> _rules = [];
    private readonly ArrayBufferWriter<char> _text = new(1 << 16);

    public int RuleCount => _rules.Count;

    public void DeclareBase(string chain) => _baseChains.Add(chain);

    public void Declare(string chain) => _chains.Add(chain);

    /// <summary>Adds a rule that is spelled the same in both ways.</summary>
    public void Add(string chain, string text)
    {
        int start = _text.WrittenCount;
        Put("-A ", chain, " ", text);
        _rules.Add((chain, start, _text.WrittenCount - start));
    }

    public void Add(in KubeRule rule)
    {
        int start = _text.WrittenCount;
        Put("-A ", rule.Chain);
        if (spelling == RulesetSpelling.Restore)
            PutRestore(rule);
        else
            PutSave(rule);
        _rules.Add((rule.Chain, start, _text.WrittenCount - start));
    }

    /// <summary>Writes the table. Sorted, chains and the rules of chains follow their names; rules of one chain keep their order.</summary>
    public void WriteTo(TextWriter writer, bool sorted)
    {
        writer.Write($"*{name}\n");
        foreach (string chain in _baseChains)
            writer.Write($":{chain} ACCEPT [0:0]\n");
        if (sorted)
            _chains.Sort(Compare);
        foreach (string chain in _chains)
            writer.Write($":{chain} - [0:0]\n");

        int[] order = new int[_rules.Count];
        for (int i = 0; i < order.Length; i++)
            order[i] = i;
        if (sorted)
            Array.Sort(order, (a, b) => Compare(_rules[a].Chain, _rules[b].Chain) is not 0 and int c ? c : a - b);
        foreach (int i in order)
        {
            writer.Write(_text.WrittenSpan.Slice(_rules[i].Start, _rules[i].Length));
            writer.Write('\n');
        }

        writer.Write("COMMIT\n");
    }

    /// <summary>
    /// Built-in chains first, in their own order, then by name; kube-proxy's text puts the dispatching chains before
    /// the others, as upstream's own tests print it.
    /// </summary>
    private int Compare(string left, string right)
    {
        int byRank = Rank(left) - Rank(right);
        return byRank != 0 ? byRank : string.CompareOrdinal(left, right);
    }

    private int Rank(string chain)
    {
        int index = _baseChains.IndexOf(chain);
        if (index >= 0)
            return index;
        return spelling == RulesetSpelling.Save ? 100 : chain switch
        {
            "KUBE-NODEPORTS" => 100,
            "KUBE-SERVICES" => 101,
            "KUBE-EXTERNAL-SERVICES" => 102,
            _ => 103,
        };
    }

    private void PutRestore(in KubeRule rule)
    {
        PutComment(rule.Comment, quoteAlways: false);
        PutAddressType(rule);
        if (rule.RecentSet is not null)
            Put(" -m recent --name ", rule.RecentSet, " --set");
        if (rule.Protocol is not null)
            Put(" -m ", rule.Protocol, " -p ", rule.Protocol);
        PutAddress(" -d ", rule.Destination, rule.NotDestination, "");
        PutPort(rule.DestinationPort);
        PutAddress(" -s ", rule.Source, rule.NotSource, "");
        if (rule.RecentCheck is not null)
            Put(" -m recent --name ", rule.RecentCheck, " --rcheck --seconds ", Number(rule.RecentSeconds), " --reap");
        PutMarkAndStates(rule);
        if (rule.Probability > 0)
            Put(" -m statistic --mode random --probability ", rule.Probability.ToString("F10", CultureInfo.InvariantCulture));
        if (rule.Target is not null)
            Put(" -j ", rule.Target);
    }

    private void PutSave(in KubeRule rule)
    {
        string suffix = v6 ? "/128" : "/32";
        string recent = v6
            ? " --mask ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff --rsource"
            : " --mask 255.255.255.255 --rsource";
        PutAddress(" -s ", rule.Source, rule.NotSource, suffix);
        PutAddress(" -d ", rule.Destination, rule.NotDestination, suffix);
        if (rule.Protocol is not null)
            Put(" -p ", rule.Protocol);
        PutComment(rule.Comment, quoteAlways: true);
        PutAddressType(rule);
        if (rule.RecentSet is not null)
            Put(" -m recent --set --name ", rule.RecentSet, recent);
        if (rule.Protocol is not null)
            Put(" -m ", rule.Protocol);
        PutPort(rule.DestinationPort);
        if (rule.RecentCheck is not null)
            Put(" -m recent --rcheck --seconds ", Number(rule.RecentSeconds), " --reap --name ", rule.RecentCheck, recent);
        PutMarkAndStates(rule);
        if (rule.Probability > 0)
            Put(" -m statistic --mode random --probability ", KernelProbability(rule.Probability));
        if (rule.Target is not null)
            Put(" -j ", SavedTarget(rule.Target));
    }

    /// <summary>What the kernel keeps of a probability printed with ten decimals: a threshold of 31 bits.</summary>
    private static string KernelProbability(double probability)
    {
        double printed = double.Parse(probability.ToString("F10", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
        double kept = Math.Round(printed * 2147483648.0, MidpointRounding.AwayFromZero) / 2147483648.0;
        return kept.ToString("F11", CultureInfo.InvariantCulture);
    }

    private string SavedTarget(string target) => target switch
    {
        "REJECT" => v6 ? "REJECT --reject-with icmp6-port-unreachable" : "REJECT --reject-with icmp-port-unreachable",
        "MARK --or-mark 0x4000" => "MARK --set-xmark 0x4000/0x4000",
        "MARK --xor-mark 0x4000" => "MARK --set-xmark 0x4000/0x0",
        _ => target,
    };

    /// <summary>kube-proxy quotes a comment that holds a blank, iptables-save any that is not one plain word.</summary>
    private void PutComment(string? comment, bool quoteAlways)
    {
        if (comment is null)
            return;
        if (quoteAlways || comment.Contains(' '))
            Put(" -m comment --comment \"", comment, "\"");
        else
            Put(" -m comment --comment ", comment);
    }

    private void PutAddressType(in KubeRule rule)
    {
        if (rule.DestinationIsLocal)
            Put(" -m addrtype --dst-type LOCAL");
    }

    private void PutAddress(string option, string? address, bool not, string suffix)
    {
        if (address is null)
            return;
        if (not)
            Put(" !");
        Put(option, address, address.Contains('/') ? "" : suffix);
    }

    private void PutPort(int port)
    {
        if (port != 0)
            Put(" --dport ", Number(port));
    }

    private void PutMarkAndStates(in KubeRule rule)
    {
        if (rule.Mark is not null)
            Put(rule.NotMark ? " -m mark ! --mark " : " -m mark --mark ", rule.Mark);
        if (rule.States is not null)
            Put(rule.NotStates ? " -m conntrack ! --ctstate " : " -m conntrack --ctstate ", rule.States);
    }

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);

    private void Put(params ReadOnlySpan<string> parts)
    {
        foreach (string part in parts)
            _text.Write(part);
    }
}
