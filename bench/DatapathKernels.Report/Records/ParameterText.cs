using System.Globalization;
using System.Text;

namespace DatapathKernels.Report.Records;

/// <summary>
/// Parameters in one cell of a table: <c>Services=10;Traffic=uniform</c>. A backslash stands before <c>; = " \</c> inside
/// names and texts, and a text that would read as a number stands in double quotes, so that reading gives back what was
/// written.
/// </summary>
internal static class ParameterText
{
    private const char Escape = '\\', Quote = '"', Assign = '=', Separator = ';';

    public static string Write(RecordParameters parameters)
    {
        StringBuilder text = new();
        foreach ((string name, ParameterValue value) in parameters)
        {
            if (text.Length > 0)
                text.Append(Separator);
            bool quoted = value.Text is { } word && AsNumber(word) is not null;
            Append(text, name).Append(Assign).Append(quoted ? "\"" : "");
            Append(text, value.ToString()).Append(quoted ? "\"" : "");
        }

        return text.ToString();
    }

    /// <exception cref="RecordFormatException">The text does not follow the form; the message begins with <paramref name="place"/>.</exception>
    public static RecordParameters Read(string text, string place)
    {
        List<KeyValuePair<string, ParameterValue>> items = [];
        int at = 0;
        while (at < text.Length)
        {
            string name = Part(text, ref at, Assign);
            if (at == 0 || text[at - 1] != Assign || name.Length == 0)
                throw new RecordFormatException($"{place}: parameters are '{text}'; expected NAME=VALUE with ; between");
            items.Add(new(name, ReadValue(text, ref at)));
        }

        try
        {
            return new RecordParameters(items);
        }
        catch (ArgumentException wrong)
        {
            throw new RecordFormatException($"{place}: {wrong.Message}");
        }
    }

    private static ParameterValue ReadValue(string text, ref int at)
    {
        bool quoted = at < text.Length && text[at] == Quote;
        if (quoted)
            at++;
        int start = at;
        string word = Part(text, ref at, Separator);
        if (quoted)
            return ParameterValue.Of(word.TrimEnd(Quote));
        bool escaped = text.AsSpan(start, at - start).Contains(Escape);
        return !escaped && AsNumber(word) is { } number ? ParameterValue.Of(number) : ParameterValue.Of(word);
    }

    /// <summary>Reads up to the unescaped end character and steps over it.</summary>
    private static string Part(string text, ref int at, char end)
    {
        StringBuilder part = new();
        while (at < text.Length)
        {
            char c = text[at++];
            if (c == end)
                break;
            part.Append(c == Escape && at < text.Length ? text[at++] : c);
        }

        return part.ToString();
    }

    private static StringBuilder Append(StringBuilder text, string word)
    {
        foreach (char c in word)
        {
            if (c is Escape or Quote or Assign or Separator)
                text.Append(Escape);
            text.Append(c);
        }

        return text;
    }

    private static double? AsNumber(string word) =>
        double.TryParse(word, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && double.IsFinite(value) ? value : null;
}
