using System.Buffers;

namespace DatapathKernels.Formats.Clusters;

/// <summary>One table of a ruleset being written: its chains, and its rules as text, which may be put in order at the end.</summary>
internal sealed partial class RulesetTable(string name, RulesetSpelling spelling, bool v6, int characters = 1 << 16)
{
    private readonly List<string> _baseChains = [];
    private readonly List<string> _chains = [];
    private readonly List<string> _deleted = [];
    private readonly List<(string Chain, int Start, int Length)> _rules = [];
    private readonly ArrayBufferWriter<char> _text = new(characters);

    public void DeclareBase(string chain) => _baseChains.Add(chain);

    public void Declare(string chain) => _chains.Add(chain);

    /// <summary>The chains declared, in that order.</summary>
    public IReadOnlyList<string> Chains => _chains;

    /// <summary>The rules added, one behind the other.</summary>
    public ReadOnlySpan<char> Rules => _text.WrittenSpan;

    /// <summary>Empties a chain that is not needed any more and removes it.</summary>
    public void Delete(string chain)
    {
        Declare(chain);
        _deleted.Add(chain);
    }

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

        if (sorted)
            _deleted.Sort(string.CompareOrdinal);
        foreach (string chain in _deleted)
            writer.Write($"-X {chain}\n");
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
}
