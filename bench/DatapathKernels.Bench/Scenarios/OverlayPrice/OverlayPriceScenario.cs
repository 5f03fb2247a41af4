using System.Globalization;
using DatapathKernels.Bench.Scenarios.Measuring;
using DatapathKernels.Overlay;
using DatapathKernels.Report.Scenarios;

namespace DatapathKernels.Bench.Scenarios.OverlayPrice;

/// <summary>What an overlay costs: bytes of every packet, goodput of a link, time to pack and unpack, and the CPU cores that a link keeps busy.</summary>
internal sealed class OverlayPriceScenario : IScenario
{
    private const int CloudMtu = 1500, JumboMtu = 9000;

    private static readonly int[] s_sizes = [64, 256, 576, 1024, 1400];
    private static readonly double[] s_links = [10, 25, 100];

    /// <inheritdoc/>
    public string Name => "OverlayPrice";

    /// <inheritdoc/>
    public ScenarioLength Length => new(Quick: 1.7, Full: 14);

    /// <inheritdoc/>
    public ScenarioRecord Run(ScenarioContext context)
    {
        OverlayTimes times = new(new ScenarioTimer(context.Full));
        times.Warm();
        return new ScenarioRecord(
            Name,
            "The price of an overlay",
            "What does a tunnel between nodes cost in bytes, goodput and CPU cores, by packet size and by the speed of the link?",
            Findings(times),
            [
                Bytes(),
                Times(times),
                Links("full-size packets, MTU 1,500", CloudMtu, PacketMix.Of(CloudMtu), times),
                Links("full-size packets, MTU 9,000", JumboMtu, PacketMix.Of(JumboMtu), times),
                Links("IMIX 7:4:1, MTU 1,500", CloudMtu, PacketMix.Imix, times),
                Presets(),
            ],
            [Goodput(), Cores(times)]);
    }

    private static List<string> Findings(OverlayTimes times)
    {
        OverlayWay none = OverlayWay.All[0];
        List<string> findings = [];
        foreach (OverlayWay way in OverlayWay.All.Skip(1))
        {
            string line = $"{way.Name}: {Overhead(way, CloudMtu)} bytes of every full packet; {Words.Percent(Loss(none, way, CloudMtu))} less goodput at MTU 1,500, {Words.Percent(Loss(none, way, JumboMtu))} at 9,000";
            if (way.IsMeasured)
                line += $"; 100 GbE of IMIX keeps {Fixed(ImixCores(way, times, unpack: false))} cores packing and {Fixed(ImixCores(way, times, unpack: true))} unpacking";
            findings.Add(line);
        }

        return findings;
    }

    private static double Loss(OverlayWay none, OverlayWay way, int mtu) =>
        1 - (LinkLoad.Of(1, way.BudgetOf(mtu), PacketMix.Of(mtu)).GoodputGbit / LinkLoad.Of(1, none.BudgetOf(mtu), PacketMix.Of(mtu)).GoodputGbit);

    private static double ImixCores(OverlayWay way, OverlayTimes times, bool unpack) => CoresOf(100, CloudMtu, PacketMix.Imix, way, times, unpack)!.Value;

    private static double? CoresOf(double gigabit, int mtu, PacketMix mix, OverlayWay way, OverlayTimes times, bool unpack)
    {
        MtuBudget budget = way.BudgetOf(mtu);
        return times.Average(way, mix.Within(budget.LargestInner), unpack) is { } ns ? LinkLoad.Of(gigabit, budget, mix).Cores(ns) : null;
    }

    private static int Overhead(OverlayWay way, int mtu) => way.BudgetOf(mtu).OverheadBytes;

    private static ScenarioTable Bytes() => new(
        "Bytes: what is left of a link's MTU, and what a packet of 64 bytes takes of the wire",
        ["way", "bytes of overhead", "largest packet, MTU 1,500", "largest packet, MTU 9,000", "wire bytes of 64"],
        [.. OverlayWay.All.Select(way => (IReadOnlyList<string>)
        [
            way.Name,
            Words.Count(Overhead(way, CloudMtu)),
            Words.Count(way.BudgetOf(CloudMtu).LargestInner),
            Words.Count(way.BudgetOf(JumboMtu).LargestInner),
            Words.Count(LinkLoad.WireBytes(way.BudgetOf(CloudMtu), 64)),
        ])]);

    private static ScenarioTable Times(OverlayTimes times) => new(
        "Median ns/packet to pack / to unpack, by bytes of the inner packet",
        ["way", .. s_sizes.Select(size => Words.Count(size))],
        [.. OverlayWay.All.Where(way => way.IsMeasured).Select(way => (IReadOnlyList<string>)[way.Name, .. s_sizes.Select(size => Cell(times.Of(way, size)!.Value))])]);

    private static string Cell((double Pack, double Unpack) times) => $"{Words.Ns(times.Pack)} / {Words.Ns(times.Unpack)}";

    private static ScenarioTable Links(string what, int mtu, PacketMix mix, OverlayTimes times) => new(
        $"A full link, {what}: goodput Gbit/s · million packets/s · cores to pack + to unpack",
        ["way", .. s_links.Select(link => $"{link:0} GbE")],
        [.. OverlayWay.All.Select(way => (IReadOnlyList<string>)[way.Name, .. s_links.Select(link => LinkCell(link, mtu, mix, way, times))])]);

    private static string LinkCell(double gigabit, int mtu, PacketMix mix, OverlayWay way, OverlayTimes times)
    {
        LinkLoad load = LinkLoad.Of(gigabit, way.BudgetOf(mtu), mix);
        string text = $"{Fixed(load.GoodputGbit)} · {Fixed(load.PacketsPerSecond / 1e6)}";
        return way.IsMeasured
            ? $"{text} · {Fixed(CoresOf(gigabit, mtu, mix, way, times, unpack: false)!.Value)} + {Fixed(CoresOf(gigabit, mtu, mix, way, times, unpack: true)!.Value)}"
            : text;
    }

    private static ScenarioTable Presets() => new(
        "What products give their pods, and what they could",
        ["product", "MTU it sets", "largest that fits", "unused", "too long", "known flaw"],
        [.. MtuPresets.All.Select(preset => (IReadOnlyList<string>)
        [
            preset.Product, Words.Count(preset.Mtu), Words.Count(preset.Budget.LargestInner), Words.Count(preset.UnusedBytes), Words.Count(preset.ExcessBytes), preset.Flaw ?? "-",
        ])]);

    private static ScenarioChart Goodput() => new(
        "Goodput of a link by packet size, MTU 1,500",
        "bytes of the inner packet",
        "percent of the link",
        LogX: true,
        LogY: false,
        [.. OverlayWay.All.Select(way => new ScenarioSeries(way.Name, [.. s_sizes.Select(size => new ScenarioPoint(size, LinkLoad.Of(100, way.BudgetOf(CloudMtu), PacketMix.Of(size)).GoodputGbit))]))]);

    private static ScenarioChart Cores(OverlayTimes times) => new(
        "Cores to pack and unpack a full 100 GbE link by packet size, MTU 1,500",
        "bytes of the inner packet",
        "cores",
        LogX: true,
        LogY: true,
        [.. OverlayWay.All.Where(way => way.IsMeasured).Select(way => new ScenarioSeries(way.Name, [.. s_sizes.Select(size => new ScenarioPoint(size, BothCores(way, size, times)))]))]);

    private static double BothCores(OverlayWay way, int size, OverlayTimes times) =>
        CoresOf(100, CloudMtu, PacketMix.Of(size), way, times, unpack: false)!.Value + CoresOf(100, CloudMtu, PacketMix.Of(size), way, times, unpack: true)!.Value;

    private static string Fixed(double value) => value.ToString(value < 9.995 ? "0.00" : "#,0.0", CultureInfo.InvariantCulture);
}
