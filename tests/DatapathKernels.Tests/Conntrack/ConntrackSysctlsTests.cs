using DatapathKernels.Conntrack;
using DatapathKernels.Packets;
using DatapathKernels.Tests.Filtering;
using Xunit;

namespace DatapathKernels.Tests.Conntrack;

/// <summary>Options by the kernel's names.</summary>
public class ConntrackSysctlsTests
{
    /// <summary>What <c>sysctl net.netfilter</c> says on a fresh Linux 6.1 of the protocols that have states here, but for sizes, which follow from the machine's memory, and <c>checksum</c>, which is 1 there: see <see cref="ConntrackOptions.Checksum"/>.</summary>
    private static readonly Dictionary<string, int> Defaults = new()
    {
        ["acct"] = 0, ["checksum"] = 0, ["timestamp"] = 0, ["generic_timeout"] = 600, ["icmp_timeout"] = 30, ["icmpv6_timeout"] = 30, ["udp_timeout"] = 30, ["udp_timeout_stream"] = 120,
        ["gre_timeout"] = 30, ["gre_timeout_stream"] = 180, ["tcp_be_liberal"] = 0, ["tcp_ignore_invalid_rst"] = 0, ["tcp_loose"] = 1, ["tcp_max_retrans"] = 3,
        ["tcp_timeout_syn_sent"] = 120, ["tcp_timeout_syn_recv"] = 60, ["tcp_timeout_established"] = 432_000, ["tcp_timeout_fin_wait"] = 120, ["tcp_timeout_close_wait"] = 60,
        ["tcp_timeout_last_ack"] = 30, ["tcp_timeout_time_wait"] = 120, ["tcp_timeout_close"] = 10, ["tcp_timeout_max_retrans"] = 300, ["tcp_timeout_unacknowledged"] = 300,
        ["sctp_timeout_closed"] = 10, ["sctp_timeout_cookie_wait"] = 3, ["sctp_timeout_cookie_echoed"] = 3, ["sctp_timeout_established"] = 210, ["sctp_timeout_shutdown_sent"] = 3,
        ["sctp_timeout_shutdown_recd"] = 3, ["sctp_timeout_shutdown_ack_sent"] = 3, ["sctp_timeout_heartbeat_sent"] = 30,
    };

    [Fact]
    public void Defaults_are_the_kernels()
    {
        string[] sizes = ["nf_conntrack_buckets", "nf_conntrack_max"];
        Assert.Equal(Defaults.Keys.Select(name => "nf_conntrack_" + name).Concat(sizes).Order(StringComparer.Ordinal), ConntrackSysctls.Names);
        foreach ((string name, int value) in Defaults)
            Assert.Equal((name, value), (name, ConntrackSysctls.Get(new ConntrackOptions(), "nf_conntrack_" + name)));
    }

    [Fact]
    public void Each_changes_itself_and_nothing_else()
    {
        foreach (string name in ConntrackSysctls.Names)
        {
            int old = ConntrackSysctls.Get(new ConntrackOptions(), name), value = old == 0 ? 1 : old == 1 ? 0 : old + 7;
            ConntrackOptions changed = new ConntrackOptions().With("net.netfilter." + name, value);
            foreach (string other in ConntrackSysctls.Names)
                Assert.Equal(other == name ? value : ConntrackSysctls.Get(new ConntrackOptions(), other), ConntrackSysctls.Get(changed, other));
        }
    }

    [Fact]
    public void A_table_lives_by_them()
    {
        using ConntrackTable table = new(new ConntrackOptions().With("net.nf_conntrack_max", 1).With("nf_conntrack_udp_timeout", 5).With("nf_conntrack_tcp_timeout_syn_sent", 7));
        Assert.Equal(1, table.Max);
        Tracking.See(table, TestPacket.Udp("192.0.2.1", "192.0.2.2", 1, 1), 0);
        Assert.Equal(5000u, Tracking.All(table).Single().ExpiresMs);
        Assert.Equal(1, table.Collect(5000));
        Tracking.See(table, TestPacket.Tcp("192.0.2.1", "192.0.2.2", 1, 1, Tracking.Syn), 5000);
        Assert.Equal(12_000u, Tracking.All(table).Single().ExpiresMs);
    }

    [Theory]
    [InlineData("nf_conntrack_udp_timeout_streams", 1)]
    [InlineData("udp_timeout", 1)]
    [InlineData("", 1)]
    [InlineData("nf_conntrack_tcp_loose", 2)]
    [InlineData("nf_conntrack_udp_timeout", -1)]
    public void Others_are_refused(string name, int value) => Assert.ThrowsAny<ArgumentException>(() => new ConntrackOptions().With(name, value));
}
