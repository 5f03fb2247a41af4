using System.Text;

namespace DatapathKernels.Formats.Iptables;

/// <summary>
/// A line as words, by the rules of iptables-restore: blanks separate, double quotes hold together, and within them a
/// backslash takes the next character as it is.
/// </summary>
internal sealed class LineTokens
{
    private char[] _text = new char[1024];
    private Token[] _tokens = new Token[64];

    public int Count { get; private set; }

    /// <summary>Characters of the line.</summary>
    public int LineLength { get; private set; }

    /// <summary>The column of a quote that was not closed; 0 when all were.</summary>
    public int OpenQuote { get; private set; }

    public ReadOnlySpan<char> this[int index] => _text.AsSpan(_tokens[index].Start, _tokens[index].Length);

    public Token At(int index) => _tokens[index];

    /// <summary>The column of a word; of the end of the line when there is no such word.</summary>
    public int ColumnOf(int index) => index < Count ? _tokens[index].Column : LineLength + 1;

    public void Read(ReadOnlySpan<byte> line)
    {
        if (_text.Length < line.Length)
            _text = new char[Math.Max(line.Length, _text.Length * 2)];
        LineLength = Encoding.UTF8.GetChars(line, _text);
        Count = 0;
        OpenQuote = 0;
        int at = 0, write = 0;
        while (true)
        {
            while (at < LineLength && IsBlank(_text[at]))
                at++;
            if (at >= LineLength)
                return;
            ReadToken(ref at, ref write);
        }
    }

    // Unquoted text is never longer than quoted, so words are unquoted in place, behind the reading position.
    private void ReadToken(ref int at, ref int write)
    {
        int column = at + 1, start = write;
        bool quoted = false, open = false;
        for (; at < LineLength; at++)
        {
            char c = _text[at];
            if (c == '"')
            {
                open = !open;
                OpenQuote = open ? at + 1 : 0;
                quoted = true;
                continue;
            }

            if (!open && IsBlank(c))
                break;
            if (open && c == '\\' && at + 1 < LineLength)
                c = _text[++at];
            _text[write++] = c;
        }

        if (Count == _tokens.Length)
            Array.Resize(ref _tokens, Count * 2);
        _tokens[Count++] = new Token(start, write - start, column, quoted);
    }

    private static bool IsBlank(char c) => c is ' ' or '\t' or '\r';
}
