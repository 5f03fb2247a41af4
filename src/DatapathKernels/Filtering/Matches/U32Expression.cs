using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace DatapathKernels.Filtering;

/// <summary>
/// The language of <c>-m u32</c>: tests joined by <c>&amp;&amp;</c>, each on four bytes of the packet in network order. Two
/// expressions are equal when they are written alike after iptables-save wrote them.
/// </summary>
public sealed class U32Expression : IEquatable<U32Expression>
{
    /// <summary>The most tests, numbers of a test and ranges of a test that the kernel takes.</summary>
    public const int MaxParts = 10;

    private readonly U32Test[] _tests;
    private readonly string _text;

    internal U32Expression(U32Test[] tests)
    {
        _tests = tests;
        _text = Write(tests);
    }

    /// <summary>The tests; all must fit.</summary>
    public ReadOnlySpan<U32Test> Tests => _tests;

    /// <summary>Reads an expression. False when it is none; <paramref name="error"/> says what was expected, and where.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out U32Expression? expression, out string error) =>
        new U32Reader(text).TryRead(out expression, out error);

    /// <summary>True when the datagram fits. Bytes beyond its end fit nothing. Follows <c>u32_match_it</c>.</summary>
    /// <param name="datagram">From the first byte of the IP header to the end of the datagram.</param>
    public bool Fits(ReadOnlySpan<byte> datagram)
    {
        foreach (U32Test test in _tests)
        {
            if (!TryValue(test, datagram, out uint value) || !Holds(test.Ranges, value))
                return false;
        }

        return true;
    }

    /// <inheritdoc/>
    public bool Equals(U32Expression? other) => other is not null && _text == other._text;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as U32Expression);

    /// <inheritdoc/>
    public override int GetHashCode() => _text.GetHashCode(StringComparison.Ordinal);

    /// <summary>As iptables-save writes it: <c>0x6&amp;0xff=0x1&amp;&amp;0x0&gt;&gt;0x16=0x5:0x6</c>.</summary>
    public override string ToString() => _text;

    // Shifts count modulo 32, as the machines do that the kernel leaves it to.
    private static bool TryValue(U32Test test, ReadOnlySpan<byte> datagram, out uint value)
    {
        ulong from = 0;
        if (!TryRead(datagram, test.Start, out value))
            return false;
        foreach (U32Step step in test.Steps)
        {
            switch (step.Operator)
            {
                case U32Operator.And:
                    value &= step.Number;
                    break;
                case U32Operator.ShiftLeft:
                    value <<= (int)step.Number;
                    break;
                case U32Operator.ShiftRight:
                    value >>= (int)step.Number;
                    break;
                default:
                    from += value;
                    if (!TryRead(datagram, from + step.Number, out value))
                        return false;
                    break;
            }
        }

        return true;
    }

    private static bool TryRead(ReadOnlySpan<byte> datagram, ulong offset, out uint value)
    {
        value = 0;
        if (offset + 4 > (ulong)datagram.Length)
            return false;
        value = BinaryPrimitives.ReadUInt32BigEndian(datagram[(int)offset..]);
        return true;
    }

    private static bool Holds(ReadOnlySpan<U32Range> ranges, uint value)
    {
        foreach (U32Range range in ranges)
        {
            if (value >= range.Low && value <= range.High)
                return true;
        }

        return false;
    }

    private static string Write(U32Test[] tests)
    {
        StringBuilder text = new();
        foreach (U32Test test in tests)
        {
            text.Append(CultureInfo.InvariantCulture, $"{(text.Length > 0 ? "&&" : "")}0x{test.Start:x}");
            foreach (U32Step step in test.Steps)
                text.Append(CultureInfo.InvariantCulture, $"{Symbol(step.Operator)}0x{step.Number:x}");
            for (int i = 0; i < test.Ranges.Length; i++)
            {
                U32Range range = test.Ranges[i];
                text.Append(CultureInfo.InvariantCulture, $"{(i == 0 ? '=' : ',')}0x{range.Low:x}");
                if (range.High != range.Low)
                    text.Append(CultureInfo.InvariantCulture, $":0x{range.High:x}");
            }
        }

        return text.ToString();
    }

    private static string Symbol(U32Operator op) => op switch
    {
        U32Operator.And => "&",
        U32Operator.ShiftLeft => "<<",
        U32Operator.ShiftRight => ">>",
        _ => "@",
    };
}
