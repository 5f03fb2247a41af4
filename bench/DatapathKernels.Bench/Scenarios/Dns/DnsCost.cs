using System.Runtime.InteropServices;

namespace DatapathKernels.Bench.Scenarios.Dns;

/// <summary>What one lookup of a program costs its node.</summary>
/// <param name="Names">Names tried; each is asked for twice at once, A and AAAA.</param>
/// <param name="Packets">Packets through the node's datapath, queries and answers.</param>
/// <param name="Entries">Connections that stay in the node's table.</param>
/// <param name="DatapathNs">Time in the datapath, nanoseconds, all packets together.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct DnsCost(int Names, double Packets, double Entries, double DatapathNs)
{
    /// <summary>How long the lookup takes, milliseconds: a round trip for each name that is tried, and the datapath's time.</summary>
    /// <param name="cache">Who answers.</param>
    /// <param name="times">Round trips.</param>
    public double Milliseconds(CachePlan cache, DnsRoundTrips times) => (Names * times.Of(cache)) + (DatapathNs / 1e6);
}
