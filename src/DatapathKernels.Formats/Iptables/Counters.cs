using System.Globalization;

namespace DatapathKernels.Formats.Iptables;

/// <summary><c>[packets:bytes]</c>.</summary>
internal static class Counters
{
    public static bool TryParse(ReadOnlySpan<char> text, out ulong packets, out ulong bytes)
    {
        packets = bytes = 0;
        int colon = text.IndexOf(':');
        return text is ['[', .., ']'] && colon > 0
            && ulong.TryParse(text[1..colon], NumberStyles.None, CultureInfo.InvariantCulture, out packets)
            && ulong.TryParse(text[(colon + 1)..^1], NumberStyles.None, CultureInfo.InvariantCulture, out bytes);
    }
}
