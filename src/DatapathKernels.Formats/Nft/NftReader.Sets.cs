using DatapathKernels.Filtering.Nft;

namespace DatapathKernels.Formats.Nft;

/// <content>Sets, maps and their elements.</content>
internal sealed partial class NftReader
{
    private void ReadSet(NftTable table, NftToken name, bool isMap)
    {
        const string properties = "'type', 'flags', 'timeout', 'gc-interval', 'size', 'comment', 'elements', 'auto-merge', 'counter' or '}'";
        List<NftDataType>? types = null;
        NftSetFlags flags = NftSetFlags.None;
        long? timeoutMs = null;
        int? size = null;
        string? comment = null;
        List<NftElement> elements = [];
        NftToken start = tokens.Next;
        tokens.Expect('{');
        for (tokens.SkipBreaks(); !tokens.TryTake('}'); tokens.SkipBreaks())
        {
            NftToken word = tokens.TakeWord(properties);
            switch (word.Text)
            {
                case "type":
                    types = ReadTypes(isMap);
                    break;
                case "flags":
                    flags = ReadFlags();
                    break;
                case "timeout":
                    timeoutMs = ReadDuration();
                    break;
                case "gc-interval":
                    ReadDuration();
                    break;
                case "size":
                    NftToken number = tokens.TakeWord("a number of elements");
                    size = NftText.TryParseInteger(number.Text, out int most) ? most : throw tokens.Error(number, "a number of elements");
                    break;
                case "comment":
                    comment = tokens.TakeQuoted("a comment in quotes");
                    break;
                case "auto-merge" or "counter":
                    break;
                case "elements" when types is not null:
                    tokens.Expect("=");
                    ReadElements(types, isMap ? VerdictNeed.Must : VerdictNeed.Never, elements);
                    break;
                default:
                    throw tokens.Error(word, types is null ? "'type' first" : properties);
            }

            EndStatement();
        }

        if (types is null)
            throw tokens.Error(start, "a block with 'type'");
        NftSet? set = table.FindSet(name.Text);
        if (set is null)
        {
            set = new NftSet(name.Text, types, isMap) { Flags = flags, TimeoutMs = timeoutMs, Size = size, Comment = comment };
            table.Add(set);
        }
        else if (set.IsMap != isMap || !set.Types.SequenceEqual(types))
        {
            throw tokens.Error(name, "a set of the same type as the one of this name");
        }

        _uses.Remove(table);
        foreach (NftElement element in elements)
            set.Add(element);
    }

    private List<NftDataType> ReadTypes(bool isMap)
    {
        List<NftDataType> types = [];
        do
        {
            NftToken word = tokens.TakeWord("a data type");
            types.Add(NftText.TryParseType(word.Text, out NftDataType type) ? type : throw tokens.Error(word, $"a data type ({NftText.TypeNames})"));
        }
        while (tokens.TryTake("."));

        if (isMap)
        {
            tokens.Expect(":");
            tokens.Expect("verdict");
        }

        return types;
    }

    private NftSetFlags ReadFlags()
    {
        NftSetFlags flags = NftSetFlags.None;
        do
        {
            NftToken word = tokens.TakeWord("a flag");
            flags |= word.Text switch
            {
                "constant" => NftSetFlags.Constant,
                "interval" => NftSetFlags.Interval,
                "timeout" => NftSetFlags.Timeout,
                "dynamic" => NftSetFlags.Dynamic,
                _ => throw tokens.Error(word, "'constant', 'interval', 'timeout' or 'dynamic'"),
            };
        }
        while (tokens.TryTake(','));
        return flags;
    }

    private long ReadDuration()
    {
        NftToken word = tokens.TakeWord("a duration");
        return NftText.TryParseDuration(word.Text, out long ms) ? ms : throw tokens.Error(word, "a duration such as '10800s' or '3h'");
    }

    /// <summary><c>{ key [timeout t] [expires t] [comment "c"] [: verdict], ... }</c>, over as many lines as it likes.</summary>
    private void ReadElements(IReadOnlyList<NftDataType> types, VerdictNeed verdict, List<NftElement> elements)
    {
        tokens.Expect('{');
        for (tokens.SkipBreaks(); !tokens.TryTake('}'); tokens.SkipBreaks())
        {
            elements.Add(ReadElement(types, verdict));
            tokens.SkipBreaks();
            if (!tokens.TryTake(',') && !tokens.Next.IsMark('}'))
                throw tokens.Error("',' or '}'");
        }
    }

    private NftElement ReadElement(IReadOnlyList<NftDataType> types, VerdictNeed verdict)
    {
        NftValue[] key = new NftValue[types.Count];
        for (int i = 0; i < key.Length; i++)
        {
            if (i > 0)
                tokens.Expect(".");
            key[i] = ReadValue(types[i]);
        }

        string? comment = null;
        long? lifeMs = null;
        while (true)
        {
            if (tokens.TryTake("comment"))
                comment = tokens.TakeQuoted("a comment in quotes");
            else if (tokens.TryTake("timeout"))
                lifeMs ??= ReadDuration();
            else if (tokens.TryTake("expires"))
                lifeMs = ReadDuration();
            else if (!TryReadCounter(out _))
                break;
        }

        if (verdict == VerdictNeed.Never || (verdict == VerdictNeed.May && !tokens.Next.IsWord(":")))
            return new NftElement(key) { Comment = comment, TimeoutMs = lifeMs };
        tokens.Expect(":");
        return new NftElement(key, ReadVerdict()) { Comment = comment, TimeoutMs = lifeMs };
    }

    private NftVerdict ReadVerdict()
    {
        NftToken word = tokens.TakeWord("a verdict");
        if (!NftText.TryParseVerdict(word.Text, out NftVerdictKind kind))
            throw tokens.Error(word, "'accept', 'drop', 'continue', 'return', 'jump' or 'goto'");
        return kind is NftVerdictKind.Jump or NftVerdictKind.Goto ? new NftVerdict(kind, tokens.TakeWord("the name of a chain").Text) : new NftVerdict(kind);
    }

    /// <summary>A value or a range of the type. Values of states and statuses may be several, outside of sets.</summary>
    private NftValue ReadValue(NftDataType type)
    {
        NftToken token = tokens.Next;
        if (type == NftDataType.InterfaceName && token.Kind is NftTokenKind.Quoted or NftTokenKind.Word)
            return NftValue.Interface(tokens.Take().Text);
        if (token.Kind != NftTokenKind.Word || !NftText.TryParseValue(type, token.Text, out NftValue value))
            throw tokens.Error(NftText.NameOf(type));
        tokens.Take();
        return value;
    }

    private NftSetReference ReadSetReference(IReadOnlyList<NftDataType> types, bool isMap)
    {
        if (tokens.Next.Kind == NftTokenKind.Word && tokens.Next.Text.StartsWith('@'))
            return new NftSetReference(tokens.Take().Text[1..], null);
        if (!tokens.Next.IsMark('{'))
            throw tokens.Error("'@' and the name of a set, or '{'");
        NftSet set = new("", types, isMap);
        List<NftElement> elements = [];
        ReadElements(types, isMap ? VerdictNeed.Must : VerdictNeed.Never, elements);
        foreach (NftElement element in elements)
            set.Add(element);
        return new NftSetReference(null, set);
    }
}
