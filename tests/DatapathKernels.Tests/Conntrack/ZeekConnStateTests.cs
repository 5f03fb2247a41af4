using System.Globalization;
using DatapathKernels.Conntrack;
using DatapathKernels.Formats.Captures;
using DatapathKernels.Packets;
using DatapathKernels.Tests.Infrastructure;
using Xunit;
using Xunit.Abstractions;

namespace DatapathKernels.Tests.Conntrack;

/// <summary>
/// The last state of the TCP flows of real captures, against what Zeek's own tests expect in its conn.log. Of Zeek's states the captures have three, where both define the same thing:
/// </summary>
/// <remarks>
/// <list type="bullet">
/// <item>SF (opened, and closed by both sides) is TIME_WAIT, also where the capture begins with the answer to the SYN (history <c>^h</c>).</item>
/// <item>SH (a FIN of the opener, never a packet of the other side) is FIN_WAIT where its own packets are enough to be picked up by.</item>
/// <item>OTH (no SYN, never closed) is ESTABLISHED: picked up in its middle.</item>
/// </list>
/// Exceptions: <see cref="NotTracked"/>. The others would be S0 for SYN_SENT, S1 for ESTABLISHED, S2 and S3 for FIN_WAIT and CLOSE_WAIT, RSTO and RSTR for CLOSE, REJ for a connection that is gone; no capture has them. Flows within
/// tunnels are left out: the table sees the outer packets. Zeek's own timeouts are not the kernel's, so a flow that Zeek lists twice (retransmit-timeout, 300 s apart) is one here.
/// </remarks>
public class ZeekConnStateTests(ITestOutputHelper output)
{
    private const string NotSeen = "not seen";

    private static readonly Dictionary<string, string> StateOf = new() { ["SF"] = "TimeWait", ["SH"] = "FinWait", ["OTH"] = "Established" };

    /// <summary>Flows of conn.log that conntrack makes no connection of, by log and opener's port, and why.</summary>
    private static readonly Dictionary<(string Log, int Port), string> NotTracked = new()
    {
        [("core.checksums_ignore_nets__conn-failed.log", 53246)] = "only segments with wrong checksums, which are INVALID",
        [("core.vlan-mpls__conn.log", 11001)] = "behind MPLS labels, which are not IP to the parser",
        [("core.vntag-in-vlan__conn.log", 443)] = "behind a VNTAG, which is not IP to the parser",
    };

    [CorpusTheory]
    [InlineData("zeek__chksums__localhost-bad-chksum.pcap", "core.checksums_ignore_nets__conn-failed.log", true)]
    [InlineData("zeek__chksums__localhost-bad-chksum.pcap", "core.checksums_ignore_nets__conn-worked.log", false)]
    [InlineData("zeek__chksums__localhost-bad-chksum.pcap", "core.checksums_ignore_nets__conn-worked-multi-subnets.log", false)]
    [InlineData("zeek__tcp__retransmit-timeout.pcapng", "core.expire-all-timers__conn-all.log", false)]
    [InlineData("zeek__tcp__retransmit-timeout.pcapng", "core.expire-all-timers__conn-limited.log", false)]
    [InlineData("zeek__tcp__missing-syn.pcap", "core.history-flip__conn.log", false)]
    [InlineData("zeek__tcp__missing-syn.pcap", "core.tcp.missing-syn__conn.log", false)]
    [InlineData("zeek__mixed-vlan-mpls.pcap", "core.print-bpf-filters__conn.log", false)]
    [InlineData("zeek__mixed-vlan-mpls.pcap", "core.vlan-mpls__conn.log", false)]
    [InlineData("zeek__tcp-http-with-padding.pcap", "core.tcp-padding__conn.log", false)]
    [InlineData("zeek__tcp__miss_end_data.pcap", "core.tcp.miss-end-data__conn.log", false)]
    [InlineData("zeek__vntag_vlan_sandwich_clean.pcap", "core.vntag-in-vlan__conn.log", false)]
    public void Last_states(string capture, string log, bool checksums)
    {
        Dictionary<string, string> actual = States(Corpus.PathOf("pcap", "files", capture), checksums);
        int flows = 0;
        foreach ((string flow, int port, string state, string history) in Expectations(Corpus.PathOf("pcap", "zeek_baseline", log)))
        {
            string seen = actual.GetValueOrDefault(flow, NotSeen), expected = StateOf[state];
            if (NotTracked.TryGetValue((log, port), out string? why))
                expected = NotSeen;
            output.WriteLine($"{flow}: {state} {history} is {seen}{(why == null ? "" : $" ({why})")}");
            Assert.Equal((flow, state, expected), (flow, state, seen));
            flows++;
        }

        Assert.True(flows > 0);
    }

    private static Dictionary<string, string> States(string capture, bool checksums)
    {
        using ConntrackTable table = new(new ConntrackOptions { Max = 1000, Checksum = checksums });
        using CaptureReader reader = CaptureReader.Open(capture);
        Dictionary<string, string> states = [];
        while (reader.TryReadNext(out CaptureRecord record))
        {
            FlowParser.Parse(record.Frame, record.LinkType, 0, out FlowKeyV4 v4, out FlowKeyV6 v6, out PacketInfo info);
            if (!info.HasKey || info.Protocol != IpProtocol.Tcp)
                continue;
            FlowKeyV6 key = (info.Flags & PacketFlags.Ipv4) != 0 ? ConntrackTable.KeyOf(v4) : v6;
            long nowMs = (long)(record.TimestampNs / 1_000_000);
            TrackedAs state = table.Track(record.Frame, info, key, nowMs, out int id, out _);
            if (state == TrackedAs.New && id >= 0)
                table.Confirm(id, nowMs);
            if (id >= 0)
                Note(states, table, id);
        }

        return states;
    }

    private static void Note(Dictionary<string, string> states, ConntrackTable table, int id)
    {
        table.Tuples(id, out FlowKeyV6 original, out _);
        states[Name(original)] = table.View(id)?.Tcp.State.ToString() ?? "gone";
    }

    private static string Name(in FlowKeyV6 key) => $"{key.Source}:{key.SourcePort} > {key.Destination}:{key.DestinationPort}";

    private static IEnumerable<(string Flow, int Port, string State, string History)> Expectations(string log)
    {
        string[] fields = [];
        foreach (string line in File.ReadLines(log))
        {
            string[] values = line.Split('\t');
            if (line.StartsWith("#fields", StringComparison.Ordinal))
                fields = values[1..];
            if (line.StartsWith('#') || values[Array.IndexOf(fields, "proto")] != "tcp")
                continue;
            string Of(string field) => values[Array.IndexOf(fields, field)];
            int from = int.Parse(Of("id.orig_p"), CultureInfo.InvariantCulture), to = int.Parse(Of("id.resp_p"), CultureInfo.InvariantCulture);
            FlowKeyV6 key = new(
                ConntrackVectorTests.Mapped(Of("id.orig_h")), ConntrackVectorTests.Mapped(Of("id.resp_h")), ConntrackVectorTests.Be(from), ConntrackVectorTests.Be(to), IpProtocol.Tcp);
            yield return (Name(key), from, Of("conn_state"), Of("history"));
        }
    }
}
