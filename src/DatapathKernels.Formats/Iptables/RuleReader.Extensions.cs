using DatapathKernels.Filtering;
using DatapathKernels.Packets;

namespace DatapathKernels.Formats.Iptables;

/// <content>
/// Options of extensions: <c>--dport 80</c>, <c>--dport=80</c>, <c>! --dport 80</c>, <c>--dport ! 80</c>. An option belongs to
/// the target that knows it, else to the last match that does, else to the protocol's own extension, which iptables loads
/// unasked; wherever in the line it stands.
/// </content>
internal sealed partial class RuleReader
{
    private void ReadExtensionOption(ReadOnlySpan<char> option, int start, int column, bool negated)
    {
        if (_tokens.At(_next - 1).Quoted || option is not ['-', '-', _, ..])
        {
            if (_target is { IsUnknown: true } && _targetIsLast)
            {
                _target.Raw.Add((start, _next));
                return;
            }

            throw Expected("an option", option);
        }

        int equals = option.IndexOf('=');
        OptionText text = new(equals < 0 ? option : option[..equals], equals < 0 ? default : option[(equals + 1)..], equals >= 0);
        OptionArguments arguments = new(_tokens, _next, negated, text.Value, text.HasValue, Family);
        if (arguments.Negated && MatchDraft.IsOneWay(text.Name))
            throw new SyntaxException(column, $"expected {text.Name} without '!'");
        if (TryTarget(text.Name, ref arguments, start) || TryDrafts(text.Name, ref arguments, start) || TryLast(ref arguments, start))
        {
            _next = arguments.Next;
            Family ??= arguments.Family;
            return;
        }

        throw new SyntaxException(column, $"expected an option of {Loaded()}, found '{option}'");
    }

    private bool TryTarget(ReadOnlySpan<char> name, ref OptionArguments arguments, int start)
    {
        if (_target is null)
            return false;
        if (_target.IsUnknown)
            return _targetIsLast && Keep(_target, ref arguments, start);
        if (!_target.TryOption(name, ref arguments))
            return false;
        RequireOnce(_target.Raw, name, start);
        _target.Raw.Add((start, arguments.Next));
        return true;
    }

    private bool TryDrafts(ReadOnlySpan<char> name, ref OptionArguments arguments, int start)
    {
        for (int i = _draftCount - 1; i >= 0; i--)
        {
            if (_drafts[i].TryOption(name, ref arguments))
            {
                RequireOnce(_drafts[i].Raw, name, start);
                _drafts[i].Raw.Add((start, arguments.Next));
                return true;
            }
        }

        if (_protocol is not { } protocol || MatchDraft.OfProtocol(protocol) is not { } implied || !MatchDraft.IsProtocolOption(name))
            return false;
        RequireFamilyOf(implied);
        MatchDraft draft = AddDraft(implied);
        if (draft.TryOption(name, ref arguments))
        {
            draft.Raw.Add((start, arguments.Next));
            return true;
        }

        // Packet types and chunks are not evaluated: TryLast keeps them by name.
        if (!MatchDraft.IsKeptOption(implied, name))
            _draftCount--;
        return false;
    }

    /// <summary>No option of an extension comes twice.</summary>
    private void RequireOnce(List<(int From, int To)> before, ReadOnlySpan<char> name, int start)
    {
        foreach ((int from, _) in before)
        {
            ReadOnlySpan<char> word = _tokens[_tokens[from] is "!" ? from + 1 : from];
            if (word.StartsWith(name) && (word.Length == name.Length || word[name.Length] == '='))
                throw new SyntaxException(_tokens.ColumnOf(start), $"expected {name} once, found it again");
        }
    }

    /// <summary>An option that is not evaluated belongs to the extension named last, which is kept by name as a whole.</summary>
    private bool TryLast(ref OptionArguments arguments, int start)
    {
        if (_target is { IsUnknown: false } && arguments.Negated && (_targetIsLast || _draftCount == 0))
            return false;
        if (_target is not null && (_targetIsLast || _draftCount == 0))
            return Keep(_target, ref arguments, start);
        if (_draftCount == 0)
            return false;
        MatchDraft last = _drafts[_draftCount - 1];
        last.IsUnknown = true;
        arguments.SkipValues();
        last.Raw.Add((start, arguments.Next));
        return true;
    }

    private static bool Keep(TargetDraft target, ref OptionArguments arguments, int start)
    {
        target.IsUnknown = true;
        arguments.SkipValues();
        target.Raw.Add((start, arguments.Next));
        return true;
    }

    private void AddNamed(ReadOnlySpan<char> module)
    {
        RequireFamilyOf(module);
        AddDraft(_strings.GetOrAdd(module));
    }

    /// <summary>Some extensions are of one family only: the other's program does not have them.</summary>
    private void RequireFamilyOf(ReadOnlySpan<char> extension)
    {
        IpFamily? only = extension switch
        {
            "icmp" or "ttl" or "TTL" => IpFamily.V4,
            "icmp6" or "hl" or "HL" => IpFamily.V6,
            _ => null,
        };
        Family ??= only;
        if (only is { } family && Family != family)
            throw Expected(family == IpFamily.V4 ? "an extension of ip6tables" : "an extension of iptables", extension);
    }

    private MatchDraft AddDraft(string module)
    {
        if (_draftCount == _drafts.Count)
            _drafts.Add(new MatchDraft());
        MatchDraft draft = _drafts[_draftCount++];
        draft.Reset(module);
        return draft;
    }

    private string Loaded() => _protocol is { } protocol ? $"iptables or of -m {MatchDraft.OfProtocol(protocol) ?? Names.Of(protocol)}" : "iptables (-m or -j with its extension must come before it)";

    private readonly ref struct OptionText(ReadOnlySpan<char> name, ReadOnlySpan<char> value, bool hasValue)
    {
        public readonly ReadOnlySpan<char> Name = name, Value = value;
        public readonly bool HasValue = hasValue;
    }
}
