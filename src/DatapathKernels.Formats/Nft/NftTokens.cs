namespace DatapathKernels.Formats.Nft;

/// <summary>
/// The tokens of a text, one after the other. Words end at blanks, braces, commas and semicolons only: names of chains hold
/// dots, colons and slashes.
/// </summary>
internal sealed class NftTokens
{
    private readonly string _text;
    private readonly string _name;
    private readonly Dictionary<string, string>.AlternateLookup<ReadOnlySpan<char>> _words;
    private int _at, _line = 1, _lineStart;
    private NftToken _next;

    public NftTokens(string text, string name)
    {
        _text = text;
        _name = name;
        _words = new Dictionary<string, string>().GetAlternateLookup<ReadOnlySpan<char>>();
        _next = Scan();
    }

    /// <summary>The token to come.</summary>
    public ref readonly NftToken Next => ref _next;

    /// <summary>Takes it.</summary>
    public NftToken Take()
    {
        NftToken taken = _next;
        _next = Scan();
        return taken;
    }

    /// <summary>Takes it when it is that word.</summary>
    public bool TryTake(string word)
    {
        if (!_next.IsWord(word))
            return false;
        Take();
        return true;
    }

    /// <summary>Takes it when it is that brace or comma.</summary>
    public bool TryTake(char mark)
    {
        if (!_next.IsMark(mark))
            return false;
        Take();
        return true;
    }

    /// <summary>Takes a word.</summary>
    public NftToken TakeWord(string expected) => _next.Kind == NftTokenKind.Word ? Take() : throw Error(expected);

    /// <summary>Takes a text in quotes.</summary>
    public string TakeQuoted(string expected) => _next.Kind == NftTokenKind.Quoted ? Take().Text : throw Error(expected);

    /// <summary>Takes that word.</summary>
    public void Expect(string word)
    {
        if (!TryTake(word))
            throw Error($"'{word}'");
    }

    /// <summary>Takes that brace or comma.</summary>
    public void Expect(char mark)
    {
        if (!TryTake(mark))
            throw Error($"'{mark}'");
    }

    /// <summary>Passes over ends of lines and semicolons.</summary>
    public void SkipBreaks()
    {
        while (_next.Kind == NftTokenKind.Break)
            Take();
    }

    /// <summary>The error that the token to come is not what was expected.</summary>
    public NftFormatException Error(string expected) => Error(_next, expected);

    /// <summary>The error that a token is not what was expected.</summary>
    public NftFormatException Error(in NftToken token, string expected) =>
        new(_name, token.Line, token.Column, $"expected {expected}, found {token.Description}");

    private NftToken Scan()
    {
        SkipBlanks();
        int start = _at, line = _line, column = start - _lineStart + 1;
        if (start == _text.Length)
            return new NftToken(NftTokenKind.End, "", line, column);
        switch (_text[_at])
        {
            case '\n':
                _at++;
                _line++;
                _lineStart = _at;
                return new NftToken(NftTokenKind.Break, "\n", line, column);
            case ';':
                _at++;
                return new NftToken(NftTokenKind.Break, ";", line, column);
            case '{' or '}' or ',':
                _at++;
                return new NftToken(NftTokenKind.Mark, WordOf(start, _at), line, column);
            case '"':
                int end = _text.AsSpan(start + 1).IndexOfAny('"', '\n');
                if (end < 0 || _text[start + 1 + end] == '\n')
                    throw new NftFormatException(_name, line, column, "expected a closing '\"', found the end of the line");
                _at = start + end + 2;
                return new NftToken(NftTokenKind.Quoted, WordOf(start + 1, _at - 1), line, column);
            default:
                while (_at < _text.Length && !IsEnd(_text[_at]))
                    _at++;
                return new NftToken(NftTokenKind.Word, WordOf(start, _at), line, column);
        }
    }

    /// <summary>Blanks, comments, and ends of lines behind a backslash.</summary>
    private void SkipBlanks()
    {
        while (_at < _text.Length)
        {
            if (_text[_at] is ' ' or '\t' or '\r')
            {
                _at++;
            }
            else if (_text[_at] == '#')
            {
                int end = _text.AsSpan(_at).IndexOf('\n');
                _at = end < 0 ? _text.Length : _at + end;
            }
            else if (_text.AsSpan(_at).StartsWith("\\\n"))
            {
                _at += 2;
                _line++;
                _lineStart = _at;
            }
            else
            {
                return;
            }
        }
    }

    private static bool IsEnd(char c) => c is ' ' or '\t' or '\r' or '\n' or ';' or '{' or '}' or ',' or '"';

    /// <summary>One string for equal words: a dump says the same few thousand times over.</summary>
    private string WordOf(int start, int end)
    {
        ReadOnlySpan<char> span = _text.AsSpan(start, end - start);
        if (_words.TryGetValue(span, out string? known))
            return known;
        string word = span.ToString();
        _words[span] = word;
        return word;
    }
}
