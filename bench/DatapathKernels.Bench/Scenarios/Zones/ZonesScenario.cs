using DatapathKernels.Bench.Scenarios.Measuring;
using DatapathKernels.Formats.Clusters;
using DatapathKernels.Report.Scenarios;

namespace DatapathKernels.Bench.Scenarios.Zones;

/// <summary>How many packets leave their zone, with and without hints, and what hints do to the load where endpoints are not spread like clients.</summary>
internal sealed class ZonesScenario : IScenario
{
    private const int Endpoints = 12;

    private static readonly int[] s_evenNodes = [3, 3, 3];

    private static readonly ZoneCase[] s_cases =
    [
        new("even, 4 + 4 + 4 endpoints", s_evenNodes, [4, 4, 4]),
        new("skewed, 8 + 3 + 1", s_evenNodes, [8, 3, 1]),
        new("a zone without, 8 + 4 + 0", s_evenNodes, [8, 4, 0]),
        new("all in one zone, 12 + 0 + 0", s_evenNodes, [12, 0, 0]),
        new("even endpoints, nodes 6 + 2 + 1", [6, 2, 1], [4, 4, 4]),
        new("even, one endpoint of unknown zone", s_evenNodes, [4, 4, 4], ZoneFault.EndpointZoneUnknown),
        new("even, one node of unknown zone", s_evenNodes, [4, 4, 4], ZoneFault.NodeZoneUnknown),
        new("even, no endpoint ready", s_evenNodes, [4, 4, 4], ZoneFault.NoneReady),
    ];

    private static readonly (string Name, Func<ZoneCase, TopologyAwareSelection> Select)[] s_hints =
    [
        ("no hints", zones => zones.Select(TrafficDistribution.Default)),
        (nameof(TrafficDistribution.PreferClose), zones => zones.Select(TrafficDistribution.PreferClose)),
        ("Auto", zones => zones.SelectAuto(out _)),
        (nameof(TrafficDistribution.PreferSameNode), zones => zones.Select(TrafficDistribution.PreferSameNode)),
    ];

    /// <inheritdoc/>
    public string Name => "Zones";

    /// <inheritdoc/>
    public ScenarioLength Length => new(Quick: 0.1, Full: 0.2);

    /// <inheritdoc/>
    public bool UsesInput => true;

    /// <inheritdoc/>
    public ScenarioRecord Run(ScenarioContext context) => context.Input.Cluster is { } own ? OwnZonesRecord.Of(Name, own) : new(
        Name,
        "Zones and hints",
        "Of a Service's packets in a cluster of three zones, how many cross zones, with and without topology hints, and what do hints do to its fullest endpoint?",
        [.. s_cases.Select(Finding)],
        [Shares()],
        [
            Chart("Packets that cross zones, by how many of 12 endpoints are in one zone", "percent of the packets", s => 100 * s.CrossZoneShare),
            Chart("The fullest endpoint, by how many of 12 endpoints are in one zone", "times its even share", s => s.MostLoad),
        ]);

    private static string Finding(ZoneCase zones)
    {
        TopologyAwareSelection anywhere = zones.Select(TrafficDistribution.Default), close = zones.Select(TrafficDistribution.PreferClose);
        TopologyAwareSelection auto = zones.SelectAuto(out AutoHintsRefusal refusal);
        string fallback = ZoneFallbacks.Describe(close);
        return $"{zones.Name}: {Words.Percent(anywhere.CrossZoneShare)} of the packets cross zones without hints, {Words.Percent(close.CrossZoneShare)} with PreferClose, "
            + $"whose fullest endpoint has {Words.Times(close.MostLoad)} times its share{(fallback == "-" ? "" : $" ({fallback})")}, "
            + (refusal == AutoHintsRefusal.None
                ? $"{Words.Percent(auto.CrossZoneShare)} with Auto, whose fullest has {Words.Times(auto.MostLoad)} times its share"
                : $"and Auto writes no hints ({refusal})");
    }

    private static ScenarioTable Shares() => new(
        "Share of packets that cross zones · of unknown zone · fullest endpoint over its even share",
        ["endpoints by zone", .. s_hints.Select(hints => hints.Name), "kube-proxy falls back (PreferClose)", "no hints written (Auto)"],
        [.. s_cases.Select(zones => (IReadOnlyList<string>)[zones.Name, .. s_hints.Select(hints => Cell(hints.Select(zones))), ZoneFallbacks.Describe(zones.Select(TrafficDistribution.PreferClose)), Refusal(zones)])]);

    private static string Refusal(ZoneCase zones)
    {
        zones.SelectAuto(out AutoHintsRefusal refusal);
        return refusal == AutoHintsRefusal.None ? "-" : refusal.ToString();
    }

    private static string Cell(TopologyAwareSelection selection) =>
        $"{Words.Percent(selection.CrossZoneShare)} · {Words.Percent(selection.UnknownZoneShare)} · {Words.Times(selection.MostLoad)}";

    private static ScenarioChart Chart(string title, string unit, Func<TopologyAwareSelection, double> of) => new(
        title,
        $"endpoints of {Endpoints} in zone a; the others alternate between b and c",
        unit,
        LogX: false,
        LogY: false,
        [.. s_hints.Take(3).Select(hints => new ScenarioSeries(
            hints.Name, [.. Enumerable.Range(Endpoints / 3, Endpoints - (Endpoints / 3) + 1).Select(inOne => new ScenarioPoint(inOne, of(hints.Select(Skewed(inOne)))))]))]);

    private static ZoneCase Skewed(int inOne) => new("", s_evenNodes, [inOne, (Endpoints - inOne + 1) / 2, (Endpoints - inOne) / 2]);
}
