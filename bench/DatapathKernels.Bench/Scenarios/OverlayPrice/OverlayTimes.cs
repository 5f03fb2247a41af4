namespace DatapathKernels.Bench.Scenarios.OverlayPrice;

/// <summary>What packing and unpacking were measured to take, by way and packet size; each is measured once.</summary>
/// <param name="milliseconds">How long each measurement lasts.</param>
internal sealed class OverlayTimes(double milliseconds)
{
    private const double WarmUpMilliseconds = 40;

    private readonly Dictionary<(string Way, int Bytes), (double Pack, double Unpack)> _known = [];

    /// <summary>Nanoseconds to pack and to unpack a packet; null for a way that is not measured.</summary>
    public (double Pack, double Unpack)? Of(OverlayWay way, int innerBytes)
    {
        if (!way.IsMeasured)
            return null;
        if (!_known.TryGetValue((way.Name, innerBytes), out (double Pack, double Unpack) times))
            _known.Add((way.Name, innerBytes), times = Measure(way, innerBytes, milliseconds));
        return times;
    }

    /// <summary>What a packet of a mix takes on average, packed and unpacked; null for a way that is not measured.</summary>
    public double? Average(OverlayWay way, PacketMix mix, bool unpack) =>
        way.IsMeasured ? mix.Average(bytes => unpack ? Of(way, bytes)!.Value.Unpack : Of(way, bytes)!.Value.Pack) : null;

    /// <summary>Runs every way until its code is compiled for good.</summary>
    public static void WarmUp()
    {
        for (int round = 0; round < 2; round++)
        {
            foreach (OverlayWay way in OverlayWay.All.Where(way => way.IsMeasured))
                Measure(way, 64, WarmUpMilliseconds);
        }
    }

    private static (double Pack, double Unpack) Measure(OverlayWay way, int innerBytes, double milliseconds)
    {
        using OverlayTimer timer = new(way, innerBytes);
        return (timer.PackNs(milliseconds), timer.UnpackNs(milliseconds));
    }
}
