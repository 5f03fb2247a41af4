using CommunityToolkit.HighPerformance.Buffers;
using DatapathKernels.Filtering;
using DatapathKernels.Packets;

namespace DatapathKernels.Formats.Iptables;

/// <summary>
/// The words after <c>-A CHAIN</c>, into a rule. Base selectors come first in the rule, wherever they stood in the line, as the
/// kernel keeps them; extensions follow in their order.
/// </summary>
internal sealed partial class RuleReader
{
    private readonly LineTokens _tokens;
    private readonly IptablesParseOptions _options;
    private readonly StringPool _strings = new(8192);
    private readonly Dictionary<RuleMatch, RuleMatch> _matchPool = [];
    private readonly Dictionary<RuleTarget, RuleTarget> _targetPool = [];
    private readonly Dictionary<Chain, JumpTarget> _jumpPool = [];
    private readonly Dictionary<(bool IsTarget, string Name), List<int>> _unknown = [];
    private readonly List<MatchDraft> _drafts = [];
    private readonly RuleMatch?[] _base = new RuleMatch?[6];
    private readonly List<RuleMatch> _matches = [];
    private readonly List<AddressMatch> _otherSources = [], _otherDestinations = [];
    private readonly List<Rule> _others = [];
    private int _draftCount, _next;
    private IpProtocol? _protocol;
    private TargetDraft? _target;
    private bool _targetIsLast;
    private int _targetColumn;
    private string _chain = "";
    private readonly TargetDraft _targetDraft = new();
    private RuleTarget? _simpleTarget;

    public RuleReader(LineTokens tokens, IptablesParseOptions options)
    {
        _tokens = tokens;
        _options = options;
    }

    /// <summary>The family, once something told it.</summary>
    public IpFamily? Family { get; set; }

    /// <summary>True when a rule was built before the family was told.</summary>
    public bool AssumedV4 { get; private set; }

    /// <summary>Kinds of extensions that were kept by name.</summary>
    public IReadOnlyList<UnknownExtension> Unknown =>
        [.. _unknown.Select(kind => new UnknownExtension(kind.Key.IsTarget, kind.Key.Name, [.. kind.Value.Distinct()]))];

    /// <summary>Reads the rule whose words start at <paramref name="first"/>.</summary>
    /// <exception cref="SyntaxException">A word that should not be there.</exception>
    public Rule Read(Table table, Chain chain, int first, int line, ulong packets, ulong bytes)
    {
        Array.Clear(_base);
        _matches.Clear();
        _otherSources.Clear();
        _otherDestinations.Clear();
        _others.Clear();
        _draftCount = 0;
        _next = first;
        _chain = chain.Name;
        _protocol = null;
        _target = null;
        _simpleTarget = null;
        while (_next < _tokens.Count)
            ReadOption(table, ref packets, ref bytes);
        AssumedV4 |= Family is null;
        Rule rule = new(BuildMatches(line), BuildTarget(line)) { Packets = packets, Bytes = bytes, Line = line };
        if (_otherSources.Count + _otherDestinations.Count > 0)
            AddOthers(rule);
        return rule;
    }

    /// <summary>The rules behind the one that was read last, where its line named several addresses: every source with every destination.</summary>
    public IReadOnlyList<Rule> Others => _others;

    private void AddOthers(Rule first)
    {
        IEnumerable<RuleMatch?> destinations = _otherDestinations.Cast<RuleMatch?>().Prepend(_base[1]);
        IEnumerable<RuleMatch[]> pairs = _otherSources.Cast<RuleMatch?>().Prepend(_base[0]).SelectMany(
            source => destinations, (source, destination) => (RuleMatch[])[.. new[] { source, destination }.OfType<AddressMatch>().Where(match => match.Network.Mask != UInt128.Zero)]);
        RuleMatch[] rest = [.. first.Matches.Where(match => match is not AddressMatch)];
        foreach (RuleMatch[] addresses in pairs.Skip(1))
            _others.Add(new Rule([.. addresses.Select(Pooled), .. rest], first.Target) { Packets = first.Packets, Bytes = first.Bytes, Line = first.Line });
    }

    private void ReadOption(Table table, ref ulong packets, ref ulong bytes)
    {
        int start = _next;
        bool negated = TakeNegation();
        ReadOnlySpan<char> option = Take("an option");
        int column = _tokens.ColumnOf(_next - 1);
        switch (option)
        {
            case "-s" or "--source" or "--src":
                ReadAddress(PacketSide.Source, 0, negated);
                break;
            case "-d" or "--destination" or "--dst":
                ReadAddress(PacketSide.Destination, 1, negated);
                break;
            case "-i" or "--in-interface":
                ReadInterface(true, 2, negated);
                break;
            case "-o" or "--out-interface":
                ReadInterface(false, 3, negated);
                break;
            case "-p" or "--protocol" or "--proto":
                ReadProtocol(negated);
                break;
            case "-f" or "--fragment" or "--fragments":
                if (Family == IpFamily.V6)
                    throw new SyntaxException(column, "expected an option of ip6tables, which has no -f");
                Family ??= IpFamily.V4;
                SetBase(5, new FragmentMatch(negated), column);
                break;
            case "-m" or "--match":
                Refuse(negated, column, "-m");
                AddNamed(Take("the name of a match"));
                _targetIsLast = false;
                break;
            case "-j" or "--jump":
                Refuse(negated, column, "-j");
                ReadJump(table, isGoto: false);
                break;
            case "-g" or "--goto":
                Refuse(negated, column, "-g");
                ReadJump(table, isGoto: true);
                break;
            case "-c" or "--set-counters":
                packets = TakeCounter();
                bytes = TakeCounter();
                break;
            case "-t" or "--table":
                if (!Take("a table").SequenceEqual(Hooks.NameOf(table.Kind)))
                    throw new SyntaxException(_tokens.ColumnOf(_next - 1), $"expected table {Hooks.NameOf(table.Kind)}, in which the line stands");
                break;
            default:
                ReadExtensionOption(option, start, column, negated);
                break;
        }
    }

    private ulong TakeCounter()
    {
        ReadOnlySpan<char> text = Take("a counter");
        return ulong.TryParse(text, out ulong value) ? value : throw Expected("a counter", text);
    }

    /// <summary>An address, or several with commas between: the rule then stands for one rule each.</summary>
    private void ReadAddress(PacketSide side, int slot, bool negated)
    {
        negated |= TakeNegation();
        ReadOnlySpan<char> text = Take("an address");
        int column = _tokens.ColumnOf(_next - 1);
        List<AddressMatch> others = side == PacketSide.Source ? _otherSources : _otherDestinations;
        bool isFirst = true;
        foreach (Range part in text.Split(','))
        {
            ReadOnlySpan<char> address = text[part];
            if (!Literals.TryNetwork(address, out IpNetwork network, isShort: true))
                throw Expected("an address like 10.0.0.0/8 or fd00::/8", address);
            RequireFamily(network.Family, address);
            if (!isFirst)
                others.Add(new AddressMatch(side, network, negated));
            else if (network.Mask != UInt128.Zero || negated)
                SetBase(slot, new AddressMatch(side, network, negated), column);
            isFirst = false;
        }

        if (negated && others.Count > 0)
            throw new SyntaxException(column, "expected one address behind '!', found several");
    }

    private void ReadInterface(bool incoming, int slot, bool negated)
    {
        negated |= TakeNegation();
        ReadOnlySpan<char> text = Take("an interface");
        int column = _tokens.ColumnOf(_next - 1);
        if (incoming ? _chain is "OUTPUT" or "POSTROUTING" : _chain is "PREROUTING" or "INPUT")
            throw new SyntaxException(column, $"expected no {(incoming ? "-i" : "-o")} in {_chain}, where no packet has that interface");
        if (text.Length is 0 or > 15)
            throw Expected("the name of an interface, 1 to 15 characters", text);
        if (text is not "+" || negated)
            SetBase(slot, new InterfaceMatch(incoming, _strings.GetOrAdd(text), negated), column);
    }

    private void ReadProtocol(bool negated)
    {
        negated |= TakeNegation();
        ReadOnlySpan<char> text = Take("a protocol");
        int column = _tokens.ColumnOf(_next - 1);
        if (!Names.TryProtocol(text, out IpProtocol protocol))
            throw Expected("a protocol (tcp, udp, ..., or 0 to 255)", text);
        if (protocol == 0)
        {
            if (negated)
                throw new SyntaxException(column, "expected a protocol behind '! -p', found one that no packet lacks");
            return;
        }

        if (protocol == IpProtocol.IcmpV6)
            Family ??= IpFamily.V6;
        _protocol = negated ? null : protocol;
        SetBase(4, new ProtocolMatch(protocol, negated), column);
    }

    private void ReadJump(Table table, bool isGoto)
    {
        ReadOnlySpan<char> name = Take(isGoto ? "a chain" : "a target or a chain");
        int column = _tokens.ColumnOf(_next - 1);
        if (_target is not null || _simpleTarget is not null)
            throw new SyntaxException(column, $"expected one target, found a second: '{name}'");
        _targetColumn = column;
        if (!isGoto && SimpleTarget(name) is { } simple)
        {
            if (simple == Drop && table.Kind == TableKind.Nat)
                throw new SyntaxException(column, "expected a target of table nat, which is not for filtering, found 'DROP'");
            _simpleTarget = simple;
            return;
        }

        if (!table.TryFind(name, out Chain? chain) && _options.DeclareChainsOnUse && !TargetDraft.IsKnown(name) && !Names.TargetExtensions.Contains(name.ToString()))
            chain = table.Add(name.ToString());
        if (chain is not null)
        {
            if (chain.Hook is not null)
                throw Expected("a target or a user chain", name);
            _simpleTarget = isGoto ? new JumpTarget(chain.Name, true) : JumpTo(chain);
            return;
        }

        if (isGoto)
            throw Expected($"a chain of table {Hooks.NameOf(table.Kind)}", name);
        _target = _targetDraft;
        RequireFamilyOf(name);
        _target.Reset(_strings.GetOrAdd(name));
        _targetIsLast = true;
    }

    private static VerdictTarget? SimpleTarget(ReadOnlySpan<char> name) => name switch
    {
        "ACCEPT" => Accept,
        "DROP" => Drop,
        "RETURN" => Return,
        _ => null,
    };

    private static readonly VerdictTarget Accept = new(RuleVerdict.Accept), Drop = new(RuleVerdict.Drop), Return = new(RuleVerdict.Return);

    private JumpTarget JumpTo(Chain chain)
    {
        if (!_jumpPool.TryGetValue(chain, out JumpTarget? jump))
            _jumpPool.Add(chain, jump = new JumpTarget(chain.Name));
        return jump;
    }

    private void SetBase(int slot, RuleMatch match, int column)
    {
        if (_base[slot] is not null)
            throw new SyntaxException(column, "expected this option once, found it again");
        _base[slot] = match;
    }

    private void RequireFamily(IpFamily family, ReadOnlySpan<char> text)
    {
        Family ??= family;
        if (Family != family)
            throw Expected(Family == IpFamily.V4 ? "an IPv4 address" : "an IPv6 address", text);
    }

    private static void Refuse(bool negated, int column, string option)
    {
        if (negated)
            throw new SyntaxException(column, $"expected {option} without '!'");
    }

    private bool TakeNegation()
    {
        bool negated = _next < _tokens.Count && _tokens[_next] is "!" && !_tokens.At(_next).Quoted;
        if (negated)
            _next++;
        return negated;
    }

    private ReadOnlySpan<char> Take(string expected)
    {
        if (_next >= _tokens.Count)
            throw new SyntaxException(_tokens.ColumnOf(_next), $"expected {expected}, found the end of the line");
        return _tokens[_next++];
    }

    /// <summary>The error about the word taken last.</summary>
    private SyntaxException Expected(string expected, ReadOnlySpan<char> found) =>
        new(_tokens.ColumnOf(_next - 1), $"expected {expected}, found '{(found.Length <= 40 ? found : found[..40])}'");
}
