using System.Text;

namespace DatapathKernels.Formats.Iptables;

/// <summary>Words back to text, quoted where iptables-save quotes.</summary>
internal static class RawText
{
    /// <summary>The words of the given ranges, one blank between two.</summary>
    public static string Join(LineTokens tokens, List<(int From, int To)> ranges)
    {
        StringBuilder text = new();
        foreach ((int from, int to) in ranges)
        {
            for (int i = from; i < to; i++)
            {
                if (text.Length > 0)
                    text.Append(' ');
                if (tokens.At(i).Quoted || tokens[i].Length == 0)
                    AppendQuoted(text, tokens[i]);
                else
                    text.Append(tokens[i]);
            }
        }

        return text.ToString();
    }

    /// <summary>As xtables_save_string: plain when every character is a letter, a digit, '_' or '-', else in double quotes.</summary>
    public static string Quote(string text)
    {
        bool plain = text.Length > 0;
        foreach (char c in text)
            plain &= char.IsAsciiLetterOrDigit(c) || c is '_' or '-';
        if (plain)
            return text;
        StringBuilder quoted = new();
        AppendQuoted(quoted, text);
        return quoted.ToString();
    }

    private static void AppendQuoted(StringBuilder text, ReadOnlySpan<char> word)
    {
        text.Append('"');
        foreach (char c in word)
        {
            if (c is '"' or '\\' or '\'')
                text.Append('\\');
            text.Append(c);
        }

        text.Append('"');
    }
}
