using System.Text.Json;
using DatapathKernels.Conntrack;
using DatapathKernels.Tests.Filtering;
using DatapathKernels.Tests.Infrastructure;
using Xunit;

namespace DatapathKernels.Tests.Conntrack;

/// <summary>Cilium's lifetimes and its way of making room.</summary>
public class LruPolicyTests
{
    private const string A = "192.0.2.1", B = "10.0.0.1";

    /// <summary>The nine steps of Cilium's own test of its lookups. Its "ingress" is the opener's direction here; the constants are its defaults.</summary>
    [CorpusFact]
    public void Ciliums_own_steps()
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllText(Corpus.PathOf("peers", "cilium", "conntrack.json")));
        using ConntrackTable table = Table(10);
        long now = 0;
        int expires = 0;
        foreach (JsonElement step in document.RootElement.GetProperty("ct_lookup").EnumerateArray())
        {
            if (step.TryGetProperty("tuple", out _))
                continue;
            now += step.GetProperty("advance_s").GetInt64() * 1000;
            byte flags = step.GetProperty("flags").GetString() switch { "SYN" => Tracking.Syn, "FIN" => Tracking.Fin, _ => Tracking.Ack };
            Tracking.See(table, Segment(step.GetProperty("dir").GetString() == "egress", flags), now);
            string lifetime = step.GetProperty("lifetime").GetString()!;
            expires = lifetime switch
            {
                "CT_SYN_TIMEOUT" => (int)now + 60_000,
                "CT_CONNECTION_LIFETIME_TCP" => (int)now + 8_000_000,
                "CT_CLOSE_TIMEOUT" => (int)now + 10_000,
                _ => expires,
            };
            Assert.Equal((step.ToString(), (uint)expires), (step.ToString(), Assert.Single(Tracking.All(table)).ExpiresMs));
        }

        Assert.Equal(TrackedAs.New, Tracking.See(table, Tracking.Segment("192.0.2.9", B, 1, 80, Tracking.Syn, 1, 0), now));
    }

    [Fact]
    public void A_reset_as_the_first_answer_closes_both_sides()
    {
        using ConntrackTable table = Table(10);
        Tracking.See(table, Segment(false, Tracking.Syn), 0);
        Assert.Equal(TrackedAs.Established, Tracking.See(table, Segment(true, Tracking.Rst), 1000));
        ConnectionView view = Assert.Single(Tracking.All(table));
        Assert.Equal((11_000u, true, true), (view.ExpiresMs, view.Cilium.OriginalClosing, view.Cilium.ReplyClosing));

        // After both SYNs a reset is a close of one side.
        using ConntrackTable open = Table(10);
        Tracking.See(open, Segment(false, Tracking.Syn), 0);
        Tracking.See(open, Segment(true, Tracking.SynAck), 0);
        Tracking.See(open, Segment(true, Tracking.Rst), 1000);
        view = Assert.Single(Tracking.All(open));
        Assert.Equal((false, true), (view.Cilium.OriginalClosing, view.Cilium.ReplyClosing));
    }

    [Fact]
    public void A_SYN_on_a_closing_connection_is_new_whichever_side_sends_it()
    {
        foreach (bool reply in new[] { false, true })
        {
            using ConntrackTable table = Table(10);
            Tracking.See(table, Segment(false, Tracking.Syn), 0);
            Tracking.See(table, Segment(true, Tracking.SynAck), 0);
            Tracking.See(table, Segment(false, Tracking.Fin), 0);
            Assert.Equal(TrackedAs.New, Tracking.See(table, Segment(reply, Tracking.Syn), 1000));
            Assert.Equal(1, table.Count);
        }
    }

    [Fact]
    public void Everything_but_TCP_lasts_a_minute()
    {
        using ConntrackTable table = Table(10);
        foreach (TestPacket packet in new[] { TestPacket.Udp(A, B), TestPacket.Icmp(A, B, 8), TestPacket.Sctp(A, B) })
            Assert.Equal(TrackedAs.New, Tracking.See(table, packet, 5000));
        Assert.All(Tracking.All(table), view => Assert.Equal(65_000u, view.ExpiresMs));
    }

    [Fact]
    public void What_is_used_stays_and_what_is_quiet_goes()
    {
        const int max = 1000;
        using ConntrackTable table = new(new ConntrackOptions { Max = max, Eviction = EvictionPolicy.Lru, HashKey = (5, 6) });
        for (int i = 0; i < max; i++)
            Tracking.See(table, TestPacket.Udp(A, B, 1000 + i), 0);
        for (int i = 0; i < max / 2; i++)
            Tracking.See(table, TestPacket.Udp(A, B, 1000 + i), 10_000 + i);
        for (int i = 0; i < max / 4; i++)
            Assert.Equal(TrackedAs.New, Tracking.See(table, TestPacket.Udp(A, B, 5000 + i), 20_000));
        int used = Tracking.All(table).Count(view => view.Original.SourcePort < 1000 + (max / 2));
        Assert.Equal((max, max / 4, 0), (table.Count, table.Evicted, table.DroppedFull));
        Assert.InRange(used, (max / 2) - 2, max / 2);
    }

    private static ConntrackTable Table(int max) => new(new ConntrackOptions { Max = max, Eviction = EvictionPolicy.Lru });

    private static TestPacket Segment(bool reply, byte flags) => reply
        ? Tracking.Segment(B, A, 80, 40000, flags, 1, 1)
        : Tracking.Segment(A, B, 40000, 80, flags, 1, 1);
}
