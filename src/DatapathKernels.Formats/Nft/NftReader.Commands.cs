using DatapathKernels.Filtering.Nft;

namespace DatapathKernels.Formats.Nft;

/// <content>Commands that change what is there, in their order. The kernel refuses what these refuse.</content>
internal sealed partial class NftReader
{
    private const string Objects = "'table', 'chain', 'rule', 'set', 'map' or 'element'";
    private const string Flushed = "'ruleset', 'table', 'chain', 'set' or 'map'";
    private const string Deleted = "'table', 'chain', 'set', 'map' or 'element' (rules have no handles here: flush their chain)";

    // Counted when a chain is first deleted, and kept in step from there on.
    private readonly Dictionary<NftTable, NftChainUses> _uses = [];

    private void ReadAdd(bool isNew)
    {
        NftToken what = tokens.TakeWord(Objects);
        if (what.Text == "table")
        {
            ReadTable(isNew);
            return;
        }

        if (!TryReadTableName(out NftFamily family, out NftToken place))
        {
            SkipStatement();
            return;
        }

        NftTable table = ruleset.GetOrAdd(family, place.Text);
        NftToken name = tokens.TakeWord("a name");
        switch (what.Text)
        {
            case "chain":
                RefuseKnown(isNew && table.FindChain(name.Text) is not null, name);
                ReadChain(table, name);
                break;
            case "rule":
                AddRule(table, ChainOf(table, name), atFront: false);
                break;
            case "set" or "map":
                RefuseKnown(isNew && table.FindSet(name.Text) is not null, name);
                ReadSet(table, name, isMap: what.Text == "map");
                break;
            case "element":
                AddElements(table, SetOf(table, name), isNew);
                break;
            default:
                throw tokens.Error(what, Objects);
        }
    }

    private void ReadInsert()
    {
        tokens.Expect("rule");
        if (TryReadKnownTable(out NftTable table))
            AddRule(table, ChainOf(table, tokens.TakeWord("the name of a chain")), atFront: true);
        else
            SkipStatement();
    }

    private void AddRule(NftTable table, NftChain chain, bool atFront)
    {
        NftRule rule = ReadRule(table);
        if (atFront)
            chain.Insert(rule);
        else
            chain.Add(rule);
        _uses.GetValueOrDefault(table)?.Count(rule, 1);
    }

    /// <summary>An element that is there already is left as it is, unless its verdict is another or it was to be new.</summary>
    private void AddElements(NftTable table, NftSet set, bool isNew)
    {
        NftToken start = tokens.Next;
        List<NftElement> elements = [];
        ReadElements(set.Types, set.IsMap ? VerdictNeed.Must : VerdictNeed.Never, elements);
        foreach (NftElement element in elements)
        {
            if (set.Find(element.Key) is { } known)
            {
                RefuseKnown(isNew, start);
                if (known.Verdict != element.Verdict)
                    throw tokens.Error(start, $"the verdict that the element {NftRuleText.Of(set, known)} has, or to have it deleted first");
                continue;
            }

            set.Add(element);
            _uses.GetValueOrDefault(table)?.Count(element, 1);
        }
    }

    private void ReadFlush()
    {
        NftToken what = tokens.TakeWord(Flushed);
        if (what.Text == "ruleset")
        {
            foreach (NftTable all in ruleset.Tables.ToArray())
                ruleset.Remove(all.Family, all.Name);
            return;
        }

        if (!TryReadKnownTable(out NftTable table))
        {
            SkipStatement();
            return;
        }

        switch (what.Text)
        {
            case "table":
                foreach (NftChain chain in table.Chains)
                    Flush(table, chain);
                break;
            case "chain":
                Flush(table, ChainOf(table, tokens.TakeWord("the name of a chain")));
                break;
            case "set" or "map":
                NftSet set = SetOf(table, tokens.TakeWord("the name of a set or map"));
                Uncount(table, set);
                set.Flush();
                break;
            default:
                throw tokens.Error(what, Flushed);
        }
    }

    private void ReadDelete(bool mustExist)
    {
        NftToken what = tokens.TakeWord(Deleted);
        if (!TryReadTableName(out NftFamily family, out NftToken place))
        {
            SkipStatement();
            return;
        }

        if (ruleset.Find(family, place.Text) is not { } table)
        {
            if (mustExist)
                throw tokens.Error(place, "a table that was added");
            SkipStatement();
            return;
        }

        if (what.Text == "table")
        {
            ruleset.Remove(family, place.Text);
            return;
        }

        NftToken name = tokens.TakeWord("a name");
        switch (what.Text)
        {
            case "chain":
                Delete(table, table.FindChain(name.Text), name, mustExist);
                break;
            case "set" or "map":
                Delete(table, table.FindSet(name.Text), name, mustExist);
                break;
            case "element":
                DeleteElements(table, SetOf(table, name), mustExist);
                break;
            default:
                throw tokens.Error(what, Deleted);
        }
    }

    private void Delete(NftTable table, NftChain? chain, NftToken name, bool mustExist)
    {
        if (chain is null && mustExist)
            throw tokens.Error(name, "a chain that was added");
        if (chain is null)
            return;
        if (chain.Rules.Count > 0)
            throw tokens.Error(name, $"a chain without rules (it has {chain.Rules.Count}: flush it first)");
        if (!_uses.TryGetValue(table, out NftChainUses? uses))
            _uses.Add(table, uses = new NftChainUses(table));
        if (uses.Of(chain.Name) is > 0 and int count)
            throw tokens.Error(name, $"a chain that no rule and no element leads to ({count} do)");
        table.Remove(chain);
    }

    private void Delete(NftTable table, NftSet? set, NftToken name, bool mustExist)
    {
        if (set is null && mustExist)
            throw tokens.Error(name, "a set or map that was added");
        if (set is null)
            return;
        if (table.Chains.SelectMany(chain => chain.Rules).Any(rule => NftReferences.Asks(rule, set.Name)))
            throw tokens.Error(name, "a set or map that no rule asks");
        Uncount(table, set);
        table.Remove(set);
    }

    private void DeleteElements(NftTable table, NftSet set, bool mustExist)
    {
        NftToken start = tokens.Next;
        List<NftElement> elements = [];
        ReadElements(set.Types, set.IsMap ? VerdictNeed.May : VerdictNeed.Never, elements);
        foreach (NftElement element in elements)
        {
            if (set.Find(element.Key) is { } known)
            {
                set.Remove(element.Key);
                _uses.GetValueOrDefault(table)?.Count(known, -1);
            }
            else if (mustExist)
            {
                throw tokens.Error(start, $"elements of '{set.Name}'; it has no {NftRuleText.Of(set, element)}");
            }
        }
    }

    private void Flush(NftTable table, NftChain chain)
    {
        if (_uses.TryGetValue(table, out NftChainUses? uses))
        {
            foreach (NftRule rule in chain.Rules)
                uses.Count(rule, -1);
        }

        chain.Flush();
    }

    private void Uncount(NftTable table, NftSet set)
    {
        if (!_uses.TryGetValue(table, out NftChainUses? uses))
            return;
        foreach (NftElement element in set.Elements)
            uses.Count(element, -1);
    }

    private bool TryReadKnownTable(out NftTable table)
    {
        bool read = TryReadTableName(out NftFamily family, out NftToken name);
        table = !read ? new NftTable(family, name.Text) : ruleset.Find(family, name.Text) ?? throw tokens.Error(name, "a table that was added");
        return read;
    }

    private NftChain ChainOf(NftTable table, NftToken name) => table.FindChain(name.Text) ?? throw tokens.Error(name, "a chain that was added");

    private NftSet SetOf(NftTable table, NftToken name) => table.FindSet(name.Text) ?? throw tokens.Error(name, "a set or map that was added");

    private void RefuseKnown(bool isKnown, NftToken name)
    {
        if (isKnown)
            throw tokens.Error(name, "what is not there yet: 'create' refuses what is");
    }
}
