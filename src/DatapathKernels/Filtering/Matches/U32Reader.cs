using System.Globalization;

namespace DatapathKernels.Filtering;

/// <summary>Reads the text of a <see cref="U32Expression"/>; blanks may stand anywhere between its parts.</summary>
internal ref struct U32Reader(ReadOnlySpan<char> text)
{
    private readonly ReadOnlySpan<char> _text = text;
    private int _at;
    private string _error = "";

    public bool TryRead(out U32Expression? expression, out string error)
    {
        List<U32Test> tests = [];
        expression = null;
        do
        {
            if (tests.Count == U32Expression.MaxParts)
                Fail($"at most {U32Expression.MaxParts} tests");
            else if (TryTest(out U32Test? test))
                tests.Add(test!);
        }
        while (_error.Length == 0 && TryTake("&&"));
        if (_error.Length == 0 && _at < _text.Length)
            Fail("&& or the end");
        error = _error;
        if (_error.Length > 0)
            return false;
        expression = new U32Expression([.. tests]);
        return true;
    }

    private bool TryTest(out U32Test? test)
    {
        test = null;
        if (!TryNumber(out uint start))
            return false;
        List<U32Step> steps = [];
        while (!TryTake("="))
        {
            if (!TryOperator(out U32Operator op) || !TryNumber(out uint number))
                return false;
            if (steps.Count == U32Expression.MaxParts - 1)
                return Fail($"at most {U32Expression.MaxParts} numbers before =");
            steps.Add(new U32Step(op, number));
        }

        List<U32Range> ranges = [];
        do
        {
            if (ranges.Count == U32Expression.MaxParts)
                return Fail($"at most {U32Expression.MaxParts} ranges");
            if (!TryNumber(out uint low))
                return false;
            uint high = low;
            if (TryTake(":") && !TryNumber(out high))
                return false;
            ranges.Add(new U32Range(low, high));
        }
        while (TryTake(","));
        test = new U32Test(start, [.. steps], [.. ranges]);
        return true;
    }

    private bool TryOperator(out U32Operator op)
    {
        op = TryTake("<<") ? U32Operator.ShiftLeft : TryTake(">>") ? U32Operator.ShiftRight : TryTake("@") ? U32Operator.At : U32Operator.And;
        return op != U32Operator.And || TryTake("&") || Fail("one of & << >> @ =");
    }

    private bool TryTake(string word)
    {
        SkipBlanks();
        if (!_text[_at..].StartsWith(word, StringComparison.Ordinal))
            return false;
        _at += word.Length;
        SkipBlanks();
        return true;
    }

    /// <summary>Decimal, hexadecimal with 0x, octal with a leading zero.</summary>
    private bool TryNumber(out uint number)
    {
        SkipBlanks();
        int start = _at;
        while (_at < _text.Length && char.IsAsciiLetterOrDigit(_text[_at]))
            _at++;
        ReadOnlySpan<char> digits = _text[start.._at];
        bool hex = digits.StartsWith("0x", StringComparison.OrdinalIgnoreCase);
        bool octal = !hex && digits is ['0', _, ..];
        if (octal ? TryOctal(digits, out number)
            : uint.TryParse(hex ? digits[2..] : digits, hex ? NumberStyles.AllowHexSpecifier : NumberStyles.None, CultureInfo.InvariantCulture, out number))
        {
            return true;
        }

        _at = start;
        return Fail("a number of 32 bits");
    }

    private static bool TryOctal(ReadOnlySpan<char> digits, out uint number)
    {
        number = 0;
        foreach (char c in digits)
        {
            if (c is < '0' or > '7' || number > uint.MaxValue >> 3)
                return false;
            number = (number << 3) | (uint)(c - '0');
        }

        return true;
    }

    private void SkipBlanks()
    {
        while (_at < _text.Length && _text[_at] is (' ' or '\t'))
            _at++;
    }

    private bool Fail(string expected)
    {
        if (_error.Length == 0)
            _error = $"expected {expected} at character {_at + 1} of '{_text}'";
        return false;
    }
}
