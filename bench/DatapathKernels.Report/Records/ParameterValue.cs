using System.Globalization;

namespace DatapathKernels.Report.Records;

/// <summary>The value of a benchmark's parameter: a number, or else a text.</summary>
public readonly record struct ParameterValue : IComparable<ParameterValue>
{
    private ParameterValue(double? number, string? text) => (Number, Text) = (number, text);

    /// <summary>The number, when it is one.</summary>
    public double? Number { get; }

    /// <summary>The text, when it is no number.</summary>
    public string? Text { get; }

    /// <summary>A number that is finite.</summary>
    /// <exception cref="ArgumentException">It is not.</exception>
    public static ParameterValue Of(double number) => double.IsFinite(number)
        ? new(number, null)
        : throw new ArgumentException($"the parameter is {number}; expected a finite number", nameof(number));

    /// <summary>A text, taken as it is even when it looks like a number.</summary>
    public static ParameterValue Of(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return new(null, text);
    }

    /// <summary>Whatever a benchmark's parameter holds: numbers stay numbers, everything else becomes its invariant text.</summary>
    public static ParameterValue From(object? value) => value switch
    {
        sbyte or byte or short or ushort or int or uint or long or ulong or nint or nuint or float or double or decimal
            => Of(Convert.ToDouble(value, CultureInfo.InvariantCulture)),
        _ => Of(Convert.ToString(value, CultureInfo.InvariantCulture) ?? ""),
    };

    /// <summary>Numbers by size and before texts; texts by their characters.</summary>
    public int CompareTo(ParameterValue other) => (Number, other.Number) switch
    {
        ({ } left, { } right) => left.CompareTo(right),
        (null, null) => string.CompareOrdinal(Text, other.Text),
        ({ }, null) => -1,
        _ => 1,
    };

    /// <summary>The value as the records spell it: <c>30000</c>, <c>0.5</c>, <c>uniform</c>.</summary>
    public override string ToString() => Number?.ToString("R", CultureInfo.InvariantCulture) ?? Text ?? "";

    /// <summary>Whether the left is smaller.</summary>
    public static bool operator <(ParameterValue left, ParameterValue right) => left.CompareTo(right) < 0;

    /// <summary>Whether the left is smaller or the same.</summary>
    public static bool operator <=(ParameterValue left, ParameterValue right) => left.CompareTo(right) <= 0;

    /// <summary>Whether the left is greater.</summary>
    public static bool operator >(ParameterValue left, ParameterValue right) => left.CompareTo(right) > 0;

    /// <summary>Whether the left is greater or the same.</summary>
    public static bool operator >=(ParameterValue left, ParameterValue right) => left.CompareTo(right) >= 0;
}
