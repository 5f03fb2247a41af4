namespace DatapathKernels.Formats.Captures;

/// <summary>
/// How an interface counts time: pcapng's <c>if_tsresol</c> and <c>if_tsoffset</c>. Ticks become nanoseconds since
/// 1970-01-01 UTC; a clock finer than a nanosecond is rounded down, which is the only information lost.
/// </summary>
public readonly record struct CaptureClock
{
    private const byte BinaryFlag = 0x80;

    private const int NanosecondPower = 9;

    /// <summary>10^20 is beyond any 64-bit tick count: dividing by it gives zero, and so do the powers above.</summary>
    private const int LargestPower = 20;

    /// <summary>The clock with this <c>if_tsresol</c> byte and this offset.</summary>
    /// <param name="resolution">Below 128: a tick is 10^-<paramref name="resolution"/> s. Otherwise 2^-(low 7 bits) s.</param>
    /// <param name="offsetSeconds">Seconds added to every time stamp.</param>
    public CaptureClock(byte resolution, long offsetSeconds = 0)
    {
        Resolution = resolution;
        OffsetSeconds = offsetSeconds;
    }

    /// <summary>Ticks of a microsecond: pcapng's default.</summary>
    public static CaptureClock Microseconds => new(6);

    /// <summary>Ticks of a nanosecond.</summary>
    public static CaptureClock Nanoseconds => new(9);

    /// <summary>The <c>if_tsresol</c> byte.</summary>
    public byte Resolution { get; }

    /// <summary>Seconds added to every time stamp.</summary>
    public long OffsetSeconds { get; }

    /// <summary>Nanoseconds since 1970. 128 bits wide because a file may count whole seconds in 64 bits; no input overflows.</summary>
    public Int128 ToNanoseconds(ulong ticks)
    {
        int exponent = Resolution & ~BinaryFlag;
        Int128 nanoseconds = (Resolution & BinaryFlag) != 0
            ? ScaleBinary(ticks, exponent)
            : ScaleDecimal(ticks, exponent);
        return nanoseconds + (Int128)OffsetSeconds * 1_000_000_000;
    }

    /// <summary>The common clocks, microseconds and nanoseconds, need no division.</summary>
    private static Int128 ScaleDecimal(ulong ticks, int exponent) => exponent <= NanosecondPower
        ? (Int128)ticks * PowerOfTen(NanosecondPower - exponent)
        : (Int128)ticks / PowerOfTen(Math.Min(exponent - NanosecondPower, LargestPower));

    private static Int128 ScaleBinary(ulong ticks, int exponent) =>
        (Int128)((UInt128)ticks * 1_000_000_000 >> exponent);

    private static Int128 PowerOfTen(int exponent)
    {
        Int128 power = 1;
        for (int i = 0; i < exponent; i++)
            power *= 10;
        return power;
    }
}
