using DatapathKernels.Filtering;
using DatapathKernels.Formats.Iptables;

namespace DatapathKernels.Formats.Ipset;

/// <summary>The commands of ipset, line after line: create, add, del, flush and destroy.</summary>
internal sealed class IpSetReader(long nowMs)
{
    private readonly LineTokens _tokens = new();
    private readonly Dictionary<string, string> _skippedSets = [];
    private readonly Dictionary<string, List<int>> _skippedKinds = [];
    private int _next, _entries;

    public IpSetCollection Sets { get; } = new();

    public IpSetReport Finish(int lines) => new()
    {
        Lines = lines,
        Entries = _entries,
        Skipped = [.. _skippedKinds.Select(kind => $"set type {kind.Key} (line{(kind.Value.Count > 1 ? "s" : "")} {string.Join(", ", kind.Value.Take(3))}{(kind.Value.Count > 3 ? $" and {kind.Value.Count - 3} more" : "")})")],
    };

    public void Read(ReadOnlySpan<byte> text, int line)
    {
        _tokens.Read(text);
        if (_tokens.OpenQuote > 0)
            throw new SyntaxException(_tokens.OpenQuote, "expected a closing quote");
        if (_tokens.Count == 0 || _tokens[0].StartsWith("#"))
            return;
        _next = 1;
        switch (_tokens[0])
        {
            case "create" or "-N" or "n":
                Create(line);
                break;
            case "add" or "-A" or "a":
                Change(added: true);
                break;
            case "del" or "-D" or "d":
                Change(added: false);
                break;
            case "flush" or "-F":
                Find()?.Clear();
                break;
            case "destroy" or "-X":
                if (Find() is { } set)
                    Sets.Remove(set.Name);
                break;
            case "COMMIT":
                break;
            default:
                throw new SyntaxException(1, $"expected create, add, del, flush or destroy, found '{_tokens[0]}'");
        }
    }

    private void Create(int line)
    {
        string name = Take("the name of a set").ToString();
        int column = Column;
        string type = Take("a set type").ToString();
        if (Sets.Find(name) is not null || _skippedSets.ContainsKey(name))
            throw new SyntaxException(column, $"expected the name of a new set, found set {name}");
        if (!Names.TryFind(IpSetNames.Kinds, type, out IpSetKind kind))
        {
            if (!type.StartsWith("hash:", StringComparison.Ordinal) && !type.StartsWith("bitmap:", StringComparison.Ordinal))
                throw Expected("a set type like hash:ip", type);
            _skippedSets.Add(name, type);
            if (!_skippedKinds.TryGetValue(type, out List<int>? lines))
                _skippedKinds.Add(type, lines = []);
            lines.Add(line);
            return;
        }

        Sets.Add(TakeOptions(name, kind));
    }

    private IpSet TakeOptions(string name, IpSetKind kind)
    {
        IpFamily family = IpFamily.V4;
        IpSetOptions options = new() { Last = kind == IpSetKind.BitmapPort ? ushort.MaxValue : uint.MaxValue };
        while (_next < _tokens.Count)
        {
            ReadOnlySpan<char> option = Take("an option");
            switch (option)
            {
                case "family":
                    ReadOnlySpan<char> text = Take("inet or inet6");
                    if (text is not ("inet" or "inet6"))
                        throw Expected("inet or inet6", text);
                    family = text is "inet" ? IpFamily.V4 : IpFamily.V6;
                    break;
                case "maxelem" or "size":
                    options = options with { MaxElements = (int)TakeNumber("a count from 1", 1, int.MaxValue) };
                    break;
                case "timeout":
                    options = options with { TimeoutSeconds = TakeNumber("seconds", 0, uint.MaxValue) };
                    break;
                case "netmask":
                    options = options with { NetMask = (byte)TakeNumber("a prefix length", 1, (uint)IpNetwork.Bits(family)) };
                    break;
                case "range":
                    options = TakeRange(options, kind);
                    break;
                case "hashsize" or "bucketsize" or "initval" or "markmask" or "bitmask":
                    Take("a value");
                    break;
                case "counters" or "comment" or "skbinfo" or "forceadd" or "wildcard":
                    break;
                default:
                    throw Expected("an option of create", option);
            }
        }

        return new IpSet(name, kind, family, options);
    }

    private IpSetOptions TakeRange(IpSetOptions options, IpSetKind kind)
    {
        ReadOnlySpan<char> text = Take("a range");
        if (kind == IpSetKind.BitmapPort && Literals.TryPorts(text, '-', out PortRange ports))
            return options with { First = ports.Low, Last = ports.High };
        if (kind == IpSetKind.BitmapIp && IpSetEntryReader.TryAddresses(text, IpFamily.V4, out UInt128 first, out UInt128 last))
            return options with { First = first, Last = last };
        throw Expected(kind == IpSetKind.BitmapPort ? "a range of ports like 0-65535" : "a range of addresses like 10.0.0.0/16", text);
    }

    private void Change(bool added)
    {
        if (Find() is not { } set)
            return;
        ReadOnlySpan<char> text = Take("an entry");
        int column = Column;
        uint? timeout = null;
        bool noMatch = false;
        while (_next < _tokens.Count)
        {
            ReadOnlySpan<char> option = Take("an option");
            if (option is "timeout")
                timeout = TakeNumber("seconds", 0, uint.MaxValue);
            else if (option is "nomatch")
                noMatch = true;
            else if (option is "comment" or "packets" or "bytes" or "skbmark" or "skbprio" or "skbqueue")
                Take("a value");
            else
                throw Expected("an option of an entry", option);
        }

        if (set.Kind == IpSetKind.ListSet)
        {
            ChangeMember(set, text.ToString(), added, column);
            return;
        }

        IpSetEntryReader entries = new(set);
        if (!entries.TryRead(text))
            throw new SyntaxException(column, $"expected {IpSetEntryReader.Shape(set)}, found '{text}'");
        foreach (IpSetEntry entry in entries.Entries)
        {
            _entries++;
            if (added && set.TryAdd(entry, nowMs, timeout, noMatch, renew: true) is var status and not IpSetStatus.Ok)
                throw new SyntaxException(column, status == IpSetStatus.Full
                    ? $"expected at most {set.Options.MaxElements} entries in set {set.Name}"
                    : $"expected an entry that set {set.Name} can hold, found '{text}'");
            if (!added)
                set.Remove(entry);
        }
    }

    private void ChangeMember(IpSet list, string name, bool added, int column)
    {
        _entries++;
        if (_skippedSets.ContainsKey(name))
            return;
        if (Sets.Find(name) is not { } member)
            throw new SyntaxException(column, $"expected the name of a set, found '{name}', which was not created");
        if (added && list.TryAddMember(member) is IpSetStatus.Invalid or IpSetStatus.Full)
            throw new SyntaxException(column, $"expected a set that list {list.Name} can hold, found '{name}'");
        if (!added)
            list.RemoveMember(member);
    }

    /// <summary>The set named next; null when it is one that was left out.</summary>
    private IpSet? Find()
    {
        ReadOnlySpan<char> name = Take("the name of a set");
        if (Sets.TryFind(name, out IpSet? set))
            return set;
        if (_skippedSets.ContainsKey(name.ToString()))
            return null;
        throw Expected("the name of a set that was created", name);
    }

    private int Column => _tokens.ColumnOf(_next - 1);

    private ReadOnlySpan<char> Take(string expected)
    {
        if (_next >= _tokens.Count)
            throw new SyntaxException(_tokens.ColumnOf(_next), $"expected {expected}, found the end of the line");
        return _tokens[_next++];
    }

    private uint TakeNumber(string expected, uint least, uint most)
    {
        ReadOnlySpan<char> text = Take(expected);
        return Literals.TryUInt32(text, out uint value) && value >= least && value <= most ? value : throw Expected(expected, text);
    }

    private SyntaxException Expected(string expected, ReadOnlySpan<char> found) => new(Column, $"expected {expected}, found '{found}'");
}
