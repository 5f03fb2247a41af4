using DatapathKernels.Overlay;

namespace DatapathKernels.Bench.Scenarios.OverlayPrice;

/// <summary>A link that carries nothing but packets of one mix, without a pause.</summary>
/// <param name="PacketsPerSecond">How many it carries.</param>
/// <param name="GoodputGbit">TCP payload, Gbit/s.</param>
internal readonly record struct LinkLoad(double PacketsPerSecond, double GoodputGbit)
{
    /// <summary>What the shortest Ethernet frame takes of the wire: 64 bytes, preamble (8) and gap (12).</summary>
    public const int LeastWireBytes = 84;

    /// <summary>Fills a link.</summary>
    /// <param name="gigabit">Its rate, Gbit/s of everything that is on the wire: preamble, checksum and gap too.</param>
    /// <param name="budget">What stands around each packet.</param>
    /// <param name="mix">The packets; those that do not fit are sent as the largest that do.</param>
    public static LinkLoad Of(double gigabit, MtuBudget budget, PacketMix mix)
    {
        PacketMix sent = mix.Within(budget.LargestInner);
        double wire = sent.Average(bytes => WireBytes(budget, bytes));
        double payload = sent.Average(bytes => Math.Max(0, bytes - MtuBudget.TcpV4HeaderBytes));
        double packets = gigabit * 1e9 / 8 / wire;
        return new LinkLoad(packets, packets * payload * 8 / 1e9);
    }

    /// <summary>Bytes of wire that an inner packet takes; a short frame is padded to Ethernet's least.</summary>
    public static int WireBytes(MtuBudget budget, int innerBytes) => Math.Max(LeastWireBytes, budget.WireBytes(innerBytes));

    /// <summary>CPU cores that are busy all the time when each packet takes them so long.</summary>
    /// <param name="nsPerPacket">Nanoseconds a packet.</param>
    public double Cores(double nsPerPacket) => PacketsPerSecond * nsPerPacket / 1e9;
}
