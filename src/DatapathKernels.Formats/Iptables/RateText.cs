using System.Globalization;
using DatapathKernels.Filtering;

namespace DatapathKernels.Formats.Iptables;

/// <summary>Rates like <c>5/min</c>, and the time one packet takes of them in the kernel's ten-thousandths of a second.</summary>
internal static class RateText
{
    /// <summary><c>3/hour</c>, the rate when none is named.</summary>
    public const uint Default = LimitMatch.Scale * 3600 / 3;

    private static readonly (string Name, string Long, uint Seconds)[] Units = [("day", "day", 86400), ("hour", "hour", 3600), ("min", "minute", 60), ("sec", "second", 1)];

    /// <summary>A count and a unit that may be cut short (<c>5/m</c>); per second when there is none.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out uint period)
    {
        period = 0;
        int slash = text.IndexOf('/');
        uint seconds = 1;
        if (slash >= 0)
        {
            ReadOnlySpan<char> unit = text[(slash + 1)..];
            seconds = 0;
            foreach ((_, string name, uint length) in Units)
            {
                if (unit.Length > 0 && name.AsSpan().StartsWith(unit, StringComparison.OrdinalIgnoreCase))
                    seconds = length;
            }
        }

        if (seconds == 0 || !uint.TryParse(slash < 0 ? text : text[..slash], NumberStyles.None, CultureInfo.InvariantCulture, out uint count) || count == 0)
            return false;
        period = LimitMatch.Scale * seconds / count;
        return period > 0;
    }

    /// <summary>As iptables-save chooses the unit (<c>print_rate</c>): from the day on to the finest that is still exact enough.</summary>
    public static string Of(uint period)
    {
        int unit = 0;
        for (int next = 1; next < Units.Length; next++)
        {
            uint scaled = LimitMatch.Scale * Units[next].Seconds;
            if (period > scaled || scaled / period < scaled % period)
                break;
            unit = next;
        }

        return string.Create(CultureInfo.InvariantCulture, $"{LimitMatch.Scale * Units[unit].Seconds / period}/{Units[unit].Name}");
    }
}
