using DatapathKernels.Filtering;
using DatapathKernels.Filtering.Nft;

namespace DatapathKernels.Formats.Nft;

/// <summary>Commands and blocks.</summary>
internal sealed partial class NftReader(NftTokens tokens, NftParseOptions options, NftRuleset ruleset)
{
    private const string Commands = "'add', 'create', 'insert', 'flush', 'delete', 'destroy' or 'table'";

    public void Read()
    {
        for (tokens.SkipBreaks(); tokens.Next.Kind != NftTokenKind.End; tokens.SkipBreaks())
        {
            NftToken command = tokens.TakeWord(Commands);
            switch (command.Text)
            {
                case "table":
                    ReadTable(isNew: false);
                    break;
                case "add" or "create":
                    ReadAdd(isNew: command.Text == "create");
                    break;
                case "insert":
                    ReadInsert();
                    break;
                case "flush":
                    ReadFlush();
                    break;
                case "delete" or "destroy":
                    ReadDelete(mustExist: command.Text == "delete");
                    break;
                default:
                    throw tokens.Error(command, Commands);
            }

            EndStatement();
        }
    }

    private void EndStatement()
    {
        if (tokens.Next.Kind is not (NftTokenKind.Break or NftTokenKind.End) && !tokens.Next.IsMark('}'))
            throw tokens.Error("the end of the line or ';'");
    }

    /// <summary>Family and name. False when the table is not to be read.</summary>
    private bool TryReadTableName(out NftFamily family, out NftToken name)
    {
        family = NftFamily.Ip;
        NftToken token = tokens.TakeWord("a family or the name of a table");
        bool known = true;
        if (token.Text is "ip" or "ip6" or "inet" or "arp" or "bridge" or "netdev" && tokens.Next.Kind == NftTokenKind.Word)
        {
            known = NftText.TryParseFamily(token.Text, out family);
            NftToken second = tokens.TakeWord("the name of a table");
            if (!known && (options.Tables is null || options.Tables.Contains(second.Text)))
                throw tokens.Error(token, "the family ip, ip6 or inet");
            token = second;
        }

        name = token;
        return known && (options.Tables is null || options.Tables.Contains(token.Text));
    }

    private void ReadTable(bool isNew)
    {
        if (!TryReadTableName(out NftFamily family, out NftToken name))
        {
            SkipStatement();
            return;
        }

        RefuseKnown(isNew && ruleset.Find(family, name.Text) is not null, name);
        NftTable table = ruleset.GetOrAdd(family, name.Text);
        _uses.Remove(table);
        if (!tokens.TryTake('{'))
            return;
        for (tokens.SkipBreaks(); !tokens.TryTake('}'); tokens.SkipBreaks())
        {
            NftToken word = tokens.TakeWord("'comment', 'flags', 'chain', 'set', 'map' or '}'");
            if (word.Text == "comment")
                table.Comment = tokens.TakeQuoted("a comment in quotes");
            else if (word.Text == "flags")
                tokens.TakeWord("the flags of a table");
            else if (word.Text == "chain")
                ReadChain(table, tokens.TakeWord("the name of a chain"));
            else if (word.Text is "set" or "map")
                ReadSet(table, tokens.TakeWord("the name of a set"), isMap: word.Text == "map");
            else
                throw tokens.Error(word, "'comment', 'flags', 'chain', 'set', 'map' or '}'");
            EndStatement();
        }
    }

    /// <summary>A chain: its hook, then in a block its rules. A chain that is there stays, and gets the rules.</summary>
    private void ReadChain(NftTable table, NftToken name)
    {
        NftChain? chain = table.FindChain(name.Text);
        _uses.Remove(table);
        ChainDraft draft = new();
        if (tokens.TryTake('{'))
        {
            for (tokens.SkipBreaks(); !tokens.TryTake('}'); tokens.SkipBreaks())
            {
                if (!TryReadChainHead(draft))
                    (chain ??= Add(table, draft.Make(name.Text))).Add(ReadRule(table));
                EndStatement();
            }
        }

        if (chain is null)
            Add(table, draft.Make(name.Text));
    }

    private static NftChain Add(NftTable table, NftChain chain)
    {
        table.Add(chain);
        return chain;
    }

    private bool TryReadChainHead(ChainDraft draft)
    {
        if (tokens.TryTake("comment"))
        {
            draft.Comment = tokens.TakeQuoted("a comment in quotes");
            return true;
        }

        if (tokens.TryTake("policy"))
        {
            NftToken policy = tokens.TakeWord("'accept' or 'drop'");
            draft.DropPolicy = policy.Text == "drop" || (policy.Text == "accept" ? false : throw tokens.Error(policy, "'accept' or 'drop'"));
            return true;
        }

        if (!tokens.TryTake("type"))
            return false;
        NftToken type = tokens.TakeWord("'filter', 'nat' or 'route'");
        draft.Type = NftText.TryParseChainType(type.Text, out NftChainType found) ? found : throw tokens.Error(type, "'filter', 'nat' or 'route'");
        tokens.Expect("hook");
        NftToken hook = tokens.TakeWord("a hook");
        draft.Hook = NftText.TryParseHook(hook.Text, out Hook at) ? at : throw tokens.Error(hook, "'prerouting', 'input', 'forward', 'output' or 'postrouting'");
        tokens.Expect("priority");
        draft.Priority = ReadPriority();
        return true;
    }

    /// <summary>A number, or a name and a distance from it: <c>dstnat - 10</c>.</summary>
    private int ReadPriority()
    {
        NftToken token = tokens.TakeWord("a priority");
        if (NftText.TryParseInteger(token.Text, out int number))
            return number;
        if (!NftText.TryParsePriority(token.Text, out int priority))
            throw tokens.Error(token, "a priority");
        int sign = tokens.TryTake("+") ? 1 : tokens.TryTake("-") ? -1 : 0;
        if (sign == 0)
            return priority;
        NftToken distance = tokens.TakeWord("a number");
        return NftText.TryParseInteger(distance.Text, out int by) ? priority + (sign * by) : throw tokens.Error(distance, "a number");
    }

    /// <summary>Passes over the rest of a command, blocks included.</summary>
    private void SkipStatement()
    {
        int depth = 0;
        while (tokens.Next.Kind != NftTokenKind.End && (depth > 0 || tokens.Next.Kind != NftTokenKind.Break))
        {
            NftToken token = tokens.Take();
            depth += token.IsMark('{') ? 1 : token.IsMark('}') ? -1 : 0;
        }
    }

    /// <summary>What a chain is before its rules come.</summary>
    private sealed class ChainDraft
    {
        public NftChainType Type { get; set; }

        public Hook? Hook { get; set; }

        public int Priority { get; set; }

        public bool DropPolicy { get; set; }

        public string? Comment { get; set; }

        public NftChain Make(string name) => Hook is { } hook
            ? new NftChain(name, Type, hook, Priority) { DropPolicy = DropPolicy, Comment = Comment }
            : new NftChain(name) { Comment = Comment };
    }
}
