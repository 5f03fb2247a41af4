using System.Text;
using DatapathKernels.Filtering;
using DatapathKernels.Formats.Iptables;
using DatapathKernels.Formats.Ipset;
using Xunit;

namespace DatapathKernels.Tests.Formats.Ipset;

public class IpSetSaveTests
{
    // What ipset 7 saves, with the types of kube-proxy's IPVS mode and of policy engines.
    private const string Saved = """
        create KUBE-CLUSTER-IP hash:ip,port family inet maxelem 65536
        add KUBE-CLUSTER-IP 10.96.0.1,tcp:443
        add KUBE-CLUSTER-IP 10.96.0.10,udp:53
        create KUBE-LOOP-BACK hash:ip,port,ip family inet maxelem 65536
        add KUBE-LOOP-BACK 10.244.1.7,tcp:8080,10.244.1.7
        create SOURCES hash:ip,port,net family inet maxelem 65536
        add SOURCES 10.0.0.9,tcp:80,10.1.0.0/16
        create KUBE-NODE-PORT-TCP bitmap:port range 0-65535
        add KUBE-NODE-PORT-TCP 30080
        create policy hash:net family inet maxelem 1048576
        add policy 10.0.0.0/8
        add policy 10.1.0.0/16 nomatch
        add policy 10.2.0.1
        create six hash:net family inet6 maxelem 65536 timeout 600
        add six fd00::/64 timeout 12
        create pings hash:net,port family inet6 maxelem 65536
        add pings fd00::/64,ipv6-icmp:128/0
        create addresses bitmap:ip range 10.0.0.0-10.0.255.255
        add addresses 10.0.3.4
        create all list:set size 8
        add all policy
        add all KUBE-CLUSTER-IP

        """;

    [Fact]
    public void Sets_come_back_as_they_were_saved()
    {
        IpSetCollection sets = IpSetSaveParser.Parse(Saved, 1_000_000, out IpSetReport report);
        Assert.Empty(report.Skipped);
        Assert.Equal(9, sets.Sets.Count);
        Assert.Equal(13, report.Entries);
        Assert.Equal(Saved, IpSetSaveWriter.Write(sets, 1_000_000));
    }

    [Fact]
    public void Timeouts_count_from_the_time_of_the_save()
    {
        IpSetCollection sets = IpSetSaveParser.Parse(Saved, 1_000_000, out _);
        IpSetEntry inside = new(IpNetwork.ToNumber(System.Net.IPAddress.Parse("fd00::77")));
        Assert.True(sets.Find("six")!.Contains(inside, 1_012_000));
        Assert.False(sets.Find("six")!.Contains(inside, 1_012_001));
        Assert.Contains("add six fd00::/64 timeout 2\n", IpSetSaveWriter.Write(sets, 1_010_500));
        Assert.DoesNotContain("add six", IpSetSaveWriter.Write(sets, 1_020_000));
    }

    [Fact]
    public void Ranges_options_and_comments_are_read()
    {
        IpSetCollection sets = IpSetSaveParser.Parse("""
            # a comment
            create a hash:ip family inet hashsize 1024 maxelem 65536 bucketsize 12 initval 0x7a2b comment counters
            add a 10.0.0.1-10.0.0.4 comment "two words" packets 3 bytes 4
            add a 10.0.1.0/30
            create p hash:ip,port
            add p 10.0.0.1,80-82
            add p 10.0.0.1,icmp:echo-request
            create n hash:ip netmask 24
            add n 10.0.5.0/24
            add n 10.0.5.9 -exist
            """.Replace(" -exist", ""), 0, out _);
        Assert.Equal(8, sets.Find("a")!.Count);
        Assert.Equal(4, sets.Find("p")!.Count);
        Assert.Equal(1, sets.Find("n")!.Count);
        Assert.True(sets.Find("n")!.Contains(new IpSetEntry(IpNetwork.ToNumber(System.Net.IPAddress.Parse("10.0.5.77"))), 0));
    }

    [Fact]
    public void Types_that_are_not_evaluated_are_named_once()
    {
        IpSetCollection sets = IpSetSaveParser.Parse("create m hash:mac\nadd m 02:00:00:00:00:01\ncreate i hash:net,iface\ncreate j hash:net,iface\nadd i 10.0.0.0/8,eth0\n", 0, out IpSetReport report);
        Assert.Empty(sets.Sets);
        Assert.Equal(["set type hash:mac (line 1)", "set type hash:net,iface (lines 3, 4)"], report.Skipped);
    }

    [Theory]
    [InlineData("create a hash:ip\nadd a 10.0.0\n", "test:2:7: expected an address like 10.0.0.1, found '10.0.0'")]
    [InlineData("add a 10.0.0.1\n", "test:1:5: expected the name of a set that was created, found 'a'")]
    [InlineData("create a hash:ip family inet5\n", "test:1:25: expected inet or inet6, found 'inet5'")]
    [InlineData("create a hash:ip\ncreate a hash:ip\n", "test:2:8: expected the name of a new set, found set a")]
    [InlineData("create a hash:net,port\nadd a 10.0.0.0/8,tcp\n", "test:2:7: expected network and port like 10.0.0.0/8,tcp:80, found '10.0.0.0/8,tcp'")]
    [InlineData("create a hash:ip maxelem 1\nadd a 1.1.1.1\nadd a 1.1.1.2\n", "test:3:7: expected at most 1 entries in set a")]
    [InlineData("create a bitmap:port range 1-2\nadd a 3\n", "test:2:7: expected an entry that set a can hold, found '3'")]
    [InlineData("creat a\n", "test:1:1: expected create, add, del, flush or destroy, found 'creat'")]
    public void A_fault_is_told_with_its_place(string text, string message)
    {
        var error = Assert.Throws<IptablesFormatException>(() => IpSetSaveParser.Parse(Encoding.UTF8.GetBytes(text), 0, out _, "test"));
        Assert.Equal(message, error.Message);
    }
}
