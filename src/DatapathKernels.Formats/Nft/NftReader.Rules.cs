using System.Net;
using DatapathKernels.Filtering;
using DatapathKernels.Filtering.Nft;

namespace DatapathKernels.Formats.Nft;

/// <content>Rules: statements from left to right.</content>
internal sealed partial class NftReader
{
    private const string Statements = "an expression or statement that is known (ip, ip6, meta, mark, th, tcp, udp, sctp, ct, fib, iifname, oifname, numgen, add, update, delete, counter, dnat, snat, masquerade, redirect, reject or a verdict)";

    private NftRule ReadRule(NftTable table)
    {
        int line = tokens.Next.Line;
        List<NftStatement> statements = [];
        string? comment = null;
        while (tokens.Next.Kind is not (NftTokenKind.Break or NftTokenKind.End) && !tokens.Next.IsMark('}'))
        {
            if (tokens.TryTake("comment"))
                comment = tokens.TakeQuoted("a comment in quotes");
            else
                statements.Add(ReadStatement(table));
        }

        return statements.Count > 0 ? new NftRule(statements) { Comment = comment, Line = line } : throw tokens.Error(Statements);
    }

    private NftStatement ReadStatement(NftTable table)
    {
        NftToken word = tokens.Next;
        if (word.Kind != NftTokenKind.Word)
            throw tokens.Error(Statements);
        if (TryReadCounter(out NftCounter? counter))
            return counter!;
        if (NftText.TryParseVerdict(word.Text, out _))
            return new NftVerdictStatement(ReadVerdict());
        switch (word.Text)
        {
            case "reject":
                tokens.Take();
                return new NftReject(ReadRejectKind(table));
            case "numgen":
                tokens.Take();
                return ReadNumberMap();
            case "add" or "update" or "delete":
                tokens.Take();
                return ReadUpdate(word.Text);
            case "dnat" or "snat" or "masquerade" or "redirect":
                tokens.Take();
                return new NftTranslation(ReadTranslation(word.Text, table));
            case "fib":
                tokens.Take();
                return tokens.TryTake("oif") ? ReadNotLoopback(table) : ReadExpression(ReadFib());
            default:
                return ReadExpression();
        }
    }

    private bool TryReadCounter(out NftCounter? counter)
    {
        counter = null;
        if (!tokens.TryTake("counter"))
            return false;
        ulong packets = 0, bytes = 0;
        if (tokens.TryTake("packets"))
        {
            packets = ReadCount();
            tokens.Expect("bytes");
            bytes = ReadCount();
        }

        counter = new NftCounter(packets, bytes);
        return true;
    }

    private ulong ReadCount()
    {
        NftToken word = tokens.TakeWord("a number");
        return NftText.TryParseNumber(word.Text, out UInt128 number) && number <= ulong.MaxValue ? (ulong)number : throw tokens.Error(word, "a number");
    }

    private uint ReadNumber()
    {
        NftToken word = tokens.TakeWord("a number");
        return NftText.TryParseNumber(word.Text, out UInt128 number) && number <= uint.MaxValue ? (uint)number : throw tokens.Error(word, "a number of 32 bits");
    }

    private NftNumberMap ReadNumberMap()
    {
        NftToken how = tokens.TakeWord("'random' or 'inc'");
        if (how.Text is not ("random" or "inc"))
            throw tokens.Error(how, "'random' or 'inc'");
        tokens.Expect("mod");
        uint modulus = ReadNumber();
        uint offset = tokens.TryTake("offset") ? ReadNumber() : 0;
        tokens.Expect("vmap");
        return new NftNumberMap(how.Text == "random", modulus, offset, ReadSetReference([NftDataType.Integer], isMap: true));
    }

    private NftUpdate ReadUpdate(string mode)
    {
        NftToken name = tokens.TakeWord("'@' and the name of a set");
        if (!name.Text.StartsWith('@'))
            throw tokens.Error(name, "'@' and the name of a set");
        tokens.Expect('{');
        List<NftField> key = ReadKey();
        long? timeoutMs = tokens.TryTake("timeout") ? ReadDuration() : null;
        tokens.Expect('}');
        NftUpdateMode kind = mode switch { "add" => NftUpdateMode.Add, "update" => NftUpdateMode.Update, _ => NftUpdateMode.Delete };
        return new NftUpdate(kind, name.Text[1..], key, timeoutMs);
    }

    private NatTarget ReadTranslation(string word, NftTable table)
    {
        NatKind kind = word switch { "dnat" => NatKind.Dnat, "snat" => NatKind.Snat, "masquerade" => NatKind.Masquerade, _ => NatKind.Redirect };
        IpFamily family = table.Family == NftFamily.Ip6 ? IpFamily.V6 : IpFamily.V4;
        bool named = kind is NatKind.Dnat or NatKind.Snat;
        if (named && tokens.TryTake("ip6"))
            family = IpFamily.V6;
        else if (named)
            tokens.TryTake("ip");
        UInt128? low = null, high = null;
        PortRange? ports = null;
        if (tokens.TryTake("to"))
        {
            NftToken target = tokens.TakeWord("an address and a port");
            if (!NftText.TryParseTarget(target.Text, family, out low, out high, out ports) || low is not null != named)
                throw tokens.Error(target, named ? $"an address of {table.Family}, with a port or not" : "':' and ports");
        }
        else if (named)
        {
            throw tokens.Error("'to'");
        }

        return new NatTarget(kind, family, low, high, ports, ReadNatFlags());
    }

    private NatFlags ReadNatFlags()
    {
        NatFlags flags = NatFlags.None;
        while (tokens.Next.Kind == NftTokenKind.Word && NftText.NatFlagOf(tokens.Next.Text) is var flag and not NatFlags.None)
        {
            flags |= flag;
            tokens.Take();
            tokens.TryTake(',');
        }

        return flags;
    }

    private RejectKind? ReadRejectKind(NftTable table)
    {
        if (!tokens.TryTake("with"))
            return null;
        NftToken protocol = tokens.TakeWord("'tcp', 'icmp', 'icmpv6' or 'icmpx'");
        if (protocol.Text == "tcp")
        {
            tokens.Expect("reset");
            return RejectKind.TcpReset;
        }

        bool v6 = protocol.Text == "icmpv6" || (protocol.Text == "icmpx" && table.Family == NftFamily.Ip6);
        if (protocol.Text is not ("icmp" or "icmpv6" or "icmpx"))
            throw tokens.Error(protocol, "'tcp', 'icmp', 'icmpv6' or 'icmpx'");
        tokens.TryTake("type");
        NftToken code = tokens.TakeWord("what the sender is told");
        if (protocol.Text == "icmpx" && table.Family == NftFamily.Inet)
            return code.Text == "port-unreachable" ? null : throw tokens.Error(code, "'port-unreachable'");
        return NftText.TryParseReject(code.Text, v6, out RejectKind kind) ? kind : throw tokens.Error(code, "an ICMP code such as 'port-unreachable'");
    }
}
