using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace DatapathKernels.Maps;

/// <content>
/// Who has to go: of the entries in the new key's part of the table, the one unused for longest. That the room is made where it is taken matters as much: a hand that goes
/// round the table, as the textbook's does, leaves it empty behind and full before itself, and where keys are used once, so full that all of them stand in one long
/// run of full buckets (measured: an insertion then took a second).
/// </content>
public sealed unsafe partial class ClockFlowMap<TKey, TValue>
{
    // A mark: was it used since it came, the hour of that, and that it stands for an entry.
    private const byte Used = 1, HourStep = 2, Hour = 0x7e, Taken = 0x80;

    // An entry that was never used counts as so many hours older: half the map's turnover.
    private const byte NeverUsed = 4 * HourStep;

    private const int HoursPerTurnover = 8, WindowBytes = Window * FlowMap<TKey, TValue>.PlacesPerBucket;

    // What the mark of an entry that comes now is, and the insertions before the next hour.
    private byte _now = Taken;
    private int _untilNextHour;

    private void Tick()
    {
        if (--_untilNextHour > 0)
            return;
        Hours++;
        _untilNextHour = Math.Max(1, Capacity / HoursPerTurnover);
        _now = (byte)(Taken | ((_now + HourStep) & Hour));
    }

    private void Evict(byte* marks, ulong hash, out TKey key, out TValue value)
    {
        nuint victim = VictimNear(marks, _map.HomePlace(hash));
        _map.RemoveAt(victim, out key, out value);
        if (!_map.IsTaken(victim))
            marks[victim] = 0;
        Evictions++;
    }

    /// <summary>
    /// The table's parts are fixed, two lines of marks each, so that each keeps as many entries as it had when the map became full. Parts that move with the
    /// home were tried: about the table's first and last bucket fewer of them overlap, and entries pile up there.
    /// </summary>
    private nuint VictimNear(byte* marks, nuint home)
    {
        nuint places = (nuint)_map.BucketCount * FlowMap<TKey, TValue>.PlacesPerBucket, first = home & ~(nuint)(WindowBytes - 1);
        for (; ; first = first + WindowBytes < places ? first + WindowBytes : 0)
        {
            int length = (int)Math.Min(WindowBytes, places - first);
            for (int oldest = Oldest(marks + first, length, _now); oldest >= 0; oldest = Oldest(marks + first, length, _now))
            {
                nuint place = first + (nuint)oldest;
                if (_map.IsTaken(place))
                    return place;

                // Deleted since.
                marks[place] = 0;
            }
        }
    }

    /// <summary>The first of the marks longest unused; -1 when none stands for an entry.</summary>
    private static int Oldest(byte* marks, int length, byte now) =>
        Vector256.IsHardwareAccelerated && length == WindowBytes ? OldestOfWindow(marks, now) : OldestOf(marks, length, now);

    private static int OldestOf(byte* marks, int length, byte now)
    {
        (int found, int highest) = (-1, 0);
        for (int i = 0; i < length; i++)
        {
            int score = marks[i] == 0 ? 0 : 1 + (((now | Used) - marks[i]) & Hour) + ((marks[i] & Used) != 0 ? 0 : NeverUsed);
            if (score > highest)
                (found, highest) = (i, score);
        }

        return found;
    }

    private static int OldestOfWindow(byte* marks, byte now)
    {
        Vector256<byte> a = Scores(marks, now), b = Scores(marks + 32, now), c = Scores(marks + 64, now), d = Scores(marks + 96, now);
        Vector256<byte> highest = Vector256.Max(Vector256.Max(a, b), Vector256.Max(c, d));
        byte top = Highest(Vector128.Max(highest.GetLower(), highest.GetUpper()));
        if (top == 0)
            return -1;
        Vector256<byte> wanted = Vector256.Create(top);
        ulong low = Vector256.Equals(a, wanted).ExtractMostSignificantBits() | ((ulong)Vector256.Equals(b, wanted).ExtractMostSignificantBits() << 32);
        ulong high = Vector256.Equals(c, wanted).ExtractMostSignificantBits() | ((ulong)Vector256.Equals(d, wanted).ExtractMostSignificantBits() << 32);
        return low != 0 ? BitOperations.TrailingZeroCount(low) : 64 + BitOperations.TrailingZeroCount(high);
    }

    /// <summary>1 and twice the hours unused, and more where never used; 0 for no entry.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<byte> Scores(byte* marks, byte now)
    {
        Vector256<byte> mark = Vector256.Load(marks);
        Vector256<byte> age = (Vector256.Create((byte)(now | Used)) - mark) & Vector256.Create(Hour);
        Vector256<byte> never = Vector256.Equals(mark & Vector256.Create(Used), Vector256<byte>.Zero) & Vector256.Create(NeverUsed);
        return Vector256.AndNot(age + never + Vector256<byte>.One, Vector256.Equals(mark, Vector256<byte>.Zero));
    }

    /// <summary>The highest of 16 bytes: of halves, of their halves, and so on.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static byte Highest(Vector128<byte> of)
    {
        of = Vector128.Max(of, Vector128.ShiftRightLogical(of.AsUInt64(), 32).AsByte());
        of = Vector128.Max(of, Vector128.ShiftRightLogical(of.AsUInt32(), 16).AsByte());
        of = Vector128.Max(of, Vector128.ShiftRightLogical(of.AsUInt16(), 8).AsByte());
        return Math.Max(of.GetElement(0), of.GetElement(8));
    }
}
