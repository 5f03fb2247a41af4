using DatapathKernels.Filtering;
using DatapathKernels.Filtering.Nft;

namespace DatapathKernels.Formats.Nft;

/// <content>Expressions: fields, and what they are compared with.</content>
internal sealed partial class NftReader
{
    private List<NftField> ReadKey(NftField? first = null)
    {
        List<NftField> key = [first ?? ReadField()];
        while (tokens.TryTake("."))
            key.Add(ReadField());
        return key;
    }

    private NftField ReadField()
    {
        NftToken word = tokens.TakeWord(Statements);
        switch (word.Text)
        {
            case "mark":
                return NftField.Mark;
            case "iifname" or "iif":
                return NftField.InInterface;
            case "oifname" or "oif":
                return NftField.OutInterface;
            case "fib":
                return ReadFib();
            case "ip" or "ip6" or "meta" or "th" or "tcp" or "udp" or "sctp" or "ct":
                NftToken what = tokens.TakeWord($"what of '{word.Text}'");
                return NftText.TryParseField(word.Text, what.Text, out NftField field) ? field : throw tokens.Error(what, $"what of '{word.Text}' is known ({NftText.FieldsOf(word.Text)})");
            default:
                throw tokens.Error(word, Statements);
        }
    }

    private NftField ReadFib()
    {
        NftToken side = tokens.TakeWord("'saddr' or 'daddr'");
        if (side.Text is not ("saddr" or "daddr"))
            throw tokens.Error(side, "'saddr' or 'daddr'");
        tokens.Expect("type");
        return side.Text == "saddr" ? NftField.SourceType : NftField.DestinationType;
    }

    /// <summary>
    /// <c>fib oif != "lo"</c>: what kube-proxy's drafts of 2023 wrote, against fakes of nft, where its releases write
    /// <c>ip daddr != 127.0.0.0/8</c>. nft itself does not know it; it is read as what took its place.
    /// </summary>
    private NftComparison ReadNotLoopback(NftTable table)
    {
        tokens.Expect("!=");
        if (tokens.Next.Kind is not (NftTokenKind.Quoted or NftTokenKind.Word) || tokens.Next.Text != "lo")
            throw tokens.Error("'\"lo\"'");
        tokens.Take();
        return table.Family == NftFamily.Ip6
            ? new NftComparison(NftField.DestinationV6, NftValue.Of(1), Negated: true)
            : new NftComparison(NftField.DestinationV4, NftValue.Of(new IpNetwork(IpFamily.V4, 0x7f00_0000, 0xff00_0000)), Negated: true);
    }

    private NftStatement ReadExpression(NftField? first = null)
    {
        List<NftField> key = ReadKey(first);
        NftDataType[] types = [.. key.Select(NftFields.TypeOf)];
        if (tokens.TryTake("vmap"))
            return new NftVerdictMap(key, ReadSetReference(types, isMap: true));
        bool mark = key.Count == 1 && types[0] == NftDataType.Mark;
        if (mark && tokens.TryTake("set"))
            return ReadSetMark(key[0]);
        ulong? mask = mark && (tokens.TryTake("and") || tokens.TryTake("&")) ? ReadNumber() : null;
        bool negated = tokens.TryTake("!=");
        if (!negated)
            tokens.TryTake("==");
        if (mask is null && (tokens.Next.IsMark('{') || tokens.Next.Text.StartsWith('@')))
            return new NftMembership(key, ReadSetReference(types, isMap: false), negated);
        if (key.Count == 1)
            return new NftComparison(key[0], ReadValues(types[0]), negated) { Mask = mask };
        NftSet one = new("", types, isMap: false);
        one.Add(ReadElement(types, VerdictNeed.Never));
        return new NftMembership(key, new NftSetReference(null, one), negated);
    }

    /// <summary>A value; of states and statuses several, joined by commas.</summary>
    private NftValue ReadValues(NftDataType type)
    {
        NftValue value = ReadValue(type);
        while (type is NftDataType.State or NftDataType.Status && tokens.TryTake(','))
            value = NftValue.Of(value.Low | ReadValue(type).Low);
        return value;
    }

    /// <summary><c>mark set mark or 0x4000</c>: a number, or the mark itself and what is done to it.</summary>
    private NftSetMark ReadSetMark(NftField field)
    {
        bool ofConnection = field == NftField.ConnectionMark;
        if (tokens.Next.Kind == NftTokenKind.Word && NftText.TryParseNumber(tokens.Next.Text, out _))
            return new NftSetMark(0, ReadNumber(), ofConnection);
        NftToken start = tokens.Next;
        if (ReadField() != field)
            throw tokens.Error(start, "a number, or the same mark");
        uint and = uint.MaxValue, xor = 0;
        while (tokens.Next.Kind == NftTokenKind.Word)
        {
            if (tokens.TryTake("and") || tokens.TryTake("&"))
            {
                uint bits = ReadNumber();
                (and, xor) = (and & bits, xor & bits);
            }
            else if (tokens.TryTake("or") || tokens.TryTake("|"))
            {
                uint bits = ReadNumber();
                (and, xor) = (and & ~bits, xor | bits);
            }
            else if (tokens.TryTake("xor") || tokens.TryTake("^"))
            {
                xor ^= ReadNumber();
            }
            else
            {
                break;
            }
        }

        return new NftSetMark(and, xor, ofConnection);
    }
}
