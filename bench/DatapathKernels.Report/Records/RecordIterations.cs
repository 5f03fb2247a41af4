using System.Collections;
using System.Globalization;

namespace DatapathKernels.Report.Records;

/// <summary>The times of a case's iterations in the order measured, in the record's unit. Compared by content.</summary>
/// <param name="times">All of them, none thrown away.</param>
public sealed class RecordIterations(IEnumerable<double> times) : IReadOnlyList<double>, IEquatable<RecordIterations>
{
    private readonly double[] _times = [.. times];

    /// <inheritdoc/>
    public int Count => _times.Length;

    /// <inheritdoc/>
    public double this[int index] => _times[index];

    /// <summary>Each rounded to six significant digits: finer than any clock here, and a third of the text.</summary>
    public static RecordIterations Rounded(IEnumerable<double> times) => new(times.Select(
        t => double.Parse(t.ToString("G6", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture)));

    /// <inheritdoc/>
    public bool Equals(RecordIterations? other) => other is not null && _times.AsSpan().SequenceEqual(other._times);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as RecordIterations);

    /// <inheritdoc/>
    public override int GetHashCode() => _times.Aggregate(_times.Length, HashCode.Combine);

    /// <inheritdoc/>
    public IEnumerator<double> GetEnumerator() => _times.AsEnumerable().GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>As the cell of a table: <c>3.1;3.2;3</c>.</summary>
    public override string ToString() => string.Join(';', _times.Select(t => t.ToString("R", CultureInfo.InvariantCulture)));

    /// <summary>Reads what <see cref="ToString"/> writes.</summary>
    /// <exception cref="RecordFormatException">A part is no number; the message begins with <paramref name="place"/>.</exception>
    internal static RecordIterations Parse(string text, string place) => new(text.Split(';').Select(
        part => double.TryParse(part, NumberStyles.Float, CultureInfo.InvariantCulture, out double time)
            ? time
            : throw new RecordFormatException($"{place}: an iteration is '{part}'; expected numbers with ; between")));
}
