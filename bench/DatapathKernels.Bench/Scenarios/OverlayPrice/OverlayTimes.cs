using DatapathKernels.Bench.Running;
using DatapathKernels.Bench.Scenarios.Measuring;

namespace DatapathKernels.Bench.Scenarios.OverlayPrice;

/// <summary>What packing and unpacking were measured to take, by way and packet size; each is measured once.</summary>
/// <param name="timer">Measures.</param>
internal sealed class OverlayTimes(ScenarioTimer timer)
{
    private const int WarmBytes = 576;

    private readonly Dictionary<(string Way, int Bytes), (double Pack, double Unpack)> _known = [];

    /// <summary>Nanoseconds to pack and to unpack a packet; null for a way that is not measured.</summary>
    public (double Pack, double Unpack)? Of(OverlayWay way, int innerBytes)
    {
        if (!way.IsMeasured)
            return null;
        if (!_known.TryGetValue((way.Name, innerBytes), out (double Pack, double Unpack) times))
            _known.Add((way.Name, innerBytes), times = Measure(way, innerBytes));
        return times;
    }

    /// <summary>What a packet of a mix takes on average, packed or unpacked; null for a way that is not measured.</summary>
    public double? Average(OverlayWay way, PacketMix mix, bool unpack) =>
        way.IsMeasured ? mix.Average(bytes => unpack ? Of(way, bytes)!.Value.Unpack : Of(way, bytes)!.Value.Pack) : null;

    /// <summary>Runs every way until its code is compiled for good: alone, then as it is measured, then alone again.</summary>
    public void Warm()
    {
        OverlayTimer[] ways = [.. OverlayWay.All.Where(way => way.IsMeasured).Select(way => new OverlayTimer(way, WarmBytes))];
        Settle(ways);
        foreach (OverlayTimer way in ways)
            way.Measure(timer);
        Settle(ways);
        foreach (OverlayTimer way in ways)
            way.Dispose();
    }

    private static void Settle(OverlayTimer[] ways) => CodeSettling.Run(() =>
    {
        foreach (OverlayTimer way in ways)
        {
            way.Pack();
            way.Unpack();
        }
    });

    private (double Pack, double Unpack) Measure(OverlayWay way, int innerBytes)
    {
        using OverlayTimer one = new(way, innerBytes);
        return one.Measure(timer);
    }
}
