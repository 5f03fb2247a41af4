using DatapathKernels.Formats.Iptables;

namespace DatapathKernels.Formats.Ipvs;

/// <summary>One line for <c>ipvsadm -R</c>, taken apart: its command, and what its options say.</summary>
internal sealed class IpvsCommandLine
{
    private const string OfService = "tuSf6sPpMob", OfServer = "tuSf6rmigwxyT", Naming = "tuSf6";

    // Letters are ipvsadm's own, but for these, which stand for options that have none.
    private const string LongOnly = "SPT";

    private static readonly (string Long, char Letter, ValueKind Value)[] Options =
    [
        ("tcp-service", 't', ValueKind.Needed), ("udp-service", 'u', ValueKind.Needed), ("sctp-service", 'S', ValueKind.Needed),
        ("fwmark-service", 'f', ValueKind.Needed), ("ipv6", '6', ValueKind.None), ("scheduler", 's', ValueKind.Needed),
        ("persistent", 'p', ValueKind.Optional), ("netmask", 'M', ValueKind.Needed), ("ops", 'o', ValueKind.None),
        ("sched-flags", 'b', ValueKind.Needed), ("pe", 'P', ValueKind.Needed), ("real-server", 'r', ValueKind.Needed),
        ("masquerading", 'm', ValueKind.None), ("ipip", 'i', ValueKind.None), ("gatewaying", 'g', ValueKind.None),
        ("weight", 'w', ValueKind.Needed), ("u-threshold", 'x', ValueKind.Needed), ("l-threshold", 'y', ValueKind.Needed),
        ("tun-type", 'T', ValueKind.Needed), ("tun-port", 'T', ValueKind.Needed), ("tun-nocsum", 'T', ValueKind.None),
        ("tun-csum", 'T', ValueKind.None), ("tun-remcsum", 'T', ValueKind.None),
    ];

    private static readonly (string Long, char Letter, string Takes)[] Commands =
    [
        ("add-service", 'A', OfService), ("edit-service", 'E', OfService), ("delete-service", 'D', Naming),
        ("add-server", 'a', OfServer), ("edit-server", 'e', OfServer), ("delete-server", 'd', Naming + "r"), ("clear", 'C', ""),
    ];

    private readonly LineTokens _tokens = new();
    private readonly Dictionary<char, IpvsWord> _values = [];
    private readonly List<string> _ignored = [];
    private int _next;

    private enum ValueKind
    {
        None,
        Optional,
        Needed,
    }

    /// <summary>The command's letter; 0 for an empty line or a comment.</summary>
    public char Command { get; private set; }

    /// <summary>Options of the line that nothing here follows.</summary>
    public IReadOnlyList<string> Ignored => _ignored;

    /// <summary>The column behind the line's end.</summary>
    public int EndColumn => _tokens.LineLength + 1;

    public void Read(ReadOnlySpan<byte> line)
    {
        _tokens.Read(line);
        _values.Clear();
        _ignored.Clear();
        Command = '\0';
        if (_tokens.OpenQuote > 0)
            throw new SyntaxException(_tokens.OpenQuote, "expected a closing quote");
        if (_tokens.Count == 0 || _tokens[0].StartsWith("#"))
            return;
        int command = Array.FindIndex(Commands, c => Is(_tokens[0], c.Long, c.Letter));
        if (command < 0)
            throw Word(0).Expected("a command: -A, -E, -D, -a, -e, -d or -C");
        Command = Commands[command].Letter;
        for (_next = 1; _next < _tokens.Count;)
            ReadOption(Commands[command].Takes);
    }

    /// <summary>The one option of several that must not stand together, or null without any of them.</summary>
    public char? Only(string letters, string message)
    {
        char? found = null;
        foreach (char letter in letters)
        {
            if (found is { } other && Find(letter) is { } word)
                throw (word.Column > _values[other].Column ? word : _values[other]).Expected(message);
            found = Has(letter) ? letter : found;
        }

        return found;
    }

    public bool Has(char letter) => _values.ContainsKey(letter);

    /// <summary>The value of an option, or null without it: the option's own word where it takes none, an empty one where it may have one and has not.</summary>
    public IpvsWord? Find(char letter) => _values.TryGetValue(letter, out IpvsWord value) ? value : null;

    private static bool Is(ReadOnlySpan<char> word, string name, char letter) =>
        word is ['-', var single] ? single == letter && !LongOnly.Contains(letter, StringComparison.Ordinal) : word.StartsWith("--") && word[2..].SequenceEqual(name);

    private void ReadOption(string taken)
    {
        IpvsWord word = Word(_next++);
        int equals = word.Text.StartsWith("--", StringComparison.Ordinal) ? word.Text.IndexOf('=', StringComparison.Ordinal) : -1;
        string name = equals < 0 ? word.Text : word.Text[..equals];
        int index = Array.FindIndex(Options, o => Is(name, o.Long, o.Letter));
        if (index < 0 || !taken.Contains(Options[index].Letter, StringComparison.Ordinal))
            throw word.Expected($"an option of -{Command}");
        (_, char letter, ValueKind kind) = Options[index];
        IpvsWord value = equals >= 0 && kind != ValueKind.None
            ? new(word.Text[(equals + 1)..], word.Column + equals + 1)
            : TakeValue(word, kind);
        if (letter is 'P' or 'T')
            _ignored.Add(name);
        else if (!_values.TryAdd(letter, value))
            throw word.Expected($"{name} once");
    }

    private IpvsWord TakeValue(IpvsWord option, ValueKind kind)
    {
        bool isValue = _next < _tokens.Count && !_tokens[_next].StartsWith("-");
        if (kind == ValueKind.None)
            return option;
        if (kind == ValueKind.Optional && !isValue)
            return option with { Text = "" };
        if (_next == _tokens.Count)
            throw new SyntaxException(EndColumn, $"expected a value of {option.Text}, found the end of the line");
        return isValue ? Word(_next++) : throw Word(_next).Expected($"a value of {option.Text}");
    }

    private IpvsWord Word(int index) => new(_tokens[index].ToString(), _tokens.ColumnOf(index));
}
