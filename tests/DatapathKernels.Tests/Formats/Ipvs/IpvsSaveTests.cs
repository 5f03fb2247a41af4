using System.Net;
using System.Text;
using DatapathKernels.Formats.Iptables;
using DatapathKernels.Formats.Ipvs;
using DatapathKernels.LoadBalancing;
using DatapathKernels.Packets;
using Xunit;

namespace DatapathKernels.Tests.Formats.Ipvs;

public class IpvsSaveTests
{
    // One line of every kind that ipvsadm -S -n prints.
    private const string Saved = """
        -A -t 10.0.0.1:80 -s wrr -p 300 -M 255.255.255.0
        -a -t 10.0.0.1:80 -r 10.1.0.1:8080 -m -w 3
        -a -t 10.0.0.1:80 -r 10.1.0.2:8080 -m -w 0 -x 100 -y 50
        -A -u 10.0.0.1:53 -s rr -o
        -a -u 10.0.0.1:53 -r 10.1.0.3:53 -g -w 1
        -A --sctp-service 10.0.0.1:3868 -s sh -b sh-fallback,sh-port
        -A -t [fd00::1]:443 -s mh -p 10800 -M 64 -b mh-port
        -a -t [fd00::1]:443 -r [fd00:1::2]:8443 -m -w 1
        -a -t [fd00::1]:443 -r 192.0.2.7:443 -i -w 1
        -A -t 10.0.0.2:0 -s wlc -p 60
        -A -f 7 -s lc -b flag-1,flag-3
        -a -f 7 -r 10.1.0.4:0 -i -w 1
        -A -f 7 -6 -s twos
        -a -f 7 -6 -r [fd00:1::9]:0 -g -w 65535

        """;

    [Fact]
    public void Services_come_back_as_they_were_saved()
    {
        IpvsTable table = IpvsSaveParser.Parse(Saved, out IpvsReport report);
        Assert.Equal(14, report.Lines);
        Assert.Empty(report.Ignored);
        Assert.Equal(7, table.Services.Count);
        Assert.Equal(Saved, IpvsSaveWriter.Write(table));
    }

    [Fact]
    public void A_director_holds_what_the_text_says()
    {
        IpvsTable table = IpvsSaveParser.Parse(Saved, out _);
        using IpvsDirector director = new(new IpvsOptions());
        table.AddTo(director);

        IpvsService web = director.Find(IPAddress.Parse("10.0.0.1"), 80, IpProtocol.Tcp)!;
        Assert.Equal((SchedulerKind.WeightedRoundRobin, 300, 24), (web.Scheduler.Scheduler, web.PersistenceSeconds, web.PersistencePrefix));
        Assert.Equal(new RealServer(IPAddress.Parse("10.1.0.2"), 8080, 0, 100, 50), web.Scheduler.ServerOf(web.Scheduler.ListOrder[0]));
        Assert.Equal(7u, director.Find(IPAddress.Parse("1.2.3.4"), 1, IpProtocol.Udp, mark: 7)!.Mark);
        Assert.Equal(Saved, IpvsSaveWriter.Write(IpvsTable.Of(director)));
        Assert.Throws<ArgumentException>(() => table.AddTo(director));
    }

    [Fact]
    public void What_a_line_does_not_say_is_as_in_ipvsadm()
    {
        IpvsTable table = IpvsSaveParser.Parse("""
            # services
            --add-service --tcp-service 10.0.0.1:80 --persistent
            --add-server --tcp-service=10.0.0.1:80 --real-server=10.1.0.1 --weight=5
            -a -t 10.0.0.1:80 -r 10.1.0.2:9 -g
            -a -t 10.0.0.1:80 -m -r 10.1.0.3
            -A -f 3
            -a -f 3 -r 10.1.0.2
            """, out _);
        Assert.Equal("""
            -A -t 10.0.0.1:80 -s wlc -p 300
            -a -t 10.0.0.1:80 -r 10.1.0.1:80 -g -w 5
            -a -t 10.0.0.1:80 -r 10.1.0.2:80 -g -w 1
            -a -t 10.0.0.1:80 -r 10.1.0.3:80 -m -w 1
            -A -f 3 -s wlc
            -a -f 3 -r 10.1.0.2:0 -g -w 1

            """, IpvsSaveWriter.Write(table));
    }

    [Fact]
    public void Services_and_servers_are_edited_and_deleted()
    {
        IpvsTable table = IpvsSaveParser.Parse("""
            -A -t 9.9.9.9:9
            -C
            -A -t 10.0.0.1:80 -s rr
            -a -t 10.0.0.1:80 -r 10.1.0.1:80 -m
            -a -t 10.0.0.1:80 -r 10.1.0.2:80 -m
            -a -t 10.0.0.1:80 -r 10.1.0.3:80 -m
            -e -t 10.0.0.1:80 -r 10.1.0.1:80 -m -w 0
            -d -t 10.0.0.1:80 -r 10.1.0.2:80
            -E -t 10.0.0.1:80 -s sh
            -A -u 10.0.0.1:80
            -D -u 10.0.0.1:80
            """, out _);
        Assert.Equal("-A -t 10.0.0.1:80 -s sh\n-a -t 10.0.0.1:80 -r 10.1.0.1:80 -m -w 0\n-a -t 10.0.0.1:80 -r 10.1.0.3:80 -m -w 1\n", IpvsSaveWriter.Write(table));
    }

    [Fact]
    public void Sorted_text_is_in_the_order_of_ipvsadm()
    {
        IpvsTable table = IpvsSaveParser.Parse("""
            -A -f 2
            -A -t [fd00::1]:80
            -A -u 10.0.0.1:53
            -A -t 10.0.0.10:80
            -A -t 10.0.0.9:443
            -A -t 10.0.0.9:80
            -a -t 10.0.0.9:80 -m -r 10.1.0.10:80
            -a -t 10.0.0.9:80 -m -r 10.1.0.9:81
            -a -t 10.0.0.9:80 -m -r 10.1.0.9:80
            """, out _);
        string[] names = [.. IpvsSaveWriter.Write(table, sorted: true).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.StartsWith("-A", StringComparison.Ordinal) ? line[3..^7] : line.Split(' ')[4])];
        Assert.Equal(["-t 10.0.0.9:80", "10.1.0.9:80", "10.1.0.9:81", "10.1.0.10:80", "-t 10.0.0.9:443", "-t 10.0.0.10:80", "-u 10.0.0.1:53", "-t [fd00::1]:80", "-f 2"], names);
    }

    [Fact]
    public void Options_that_are_not_followed_are_named_once()
    {
        IpvsTable table = IpvsSaveParser.Parse("""
            -A -u 10.0.0.1:5060 -s rr -p 60 --pe sip
            -a -u 10.0.0.1:5060 -r 10.1.0.1:5060 -i -w 1 --tun-type gue --tun-port 6080 --tun-nocsum
            -a -u 10.0.0.1:5060 -r 10.1.0.2:5060 -i -w 1 --tun-type gre
            """, out IpvsReport report);
        Assert.Equal(["--pe (line 1)", "--tun-type (lines 2, 3)", "--tun-port (line 2)", "--tun-nocsum (line 2)"], report.Ignored);
        Assert.Equal(2, table.Services[0].Servers.Count);
    }

    [Theory]
    [InlineData("-X\n", "test:1:1: expected a command: -A, -E, -D, -a, -e, -d or -C, found '-X'")]
    [InlineData("-A -t web:80\n", "test:1:7: expected an address and port like 10.0.0.1:80 or [fd00::1]:80 (names are not looked up: save with -n), found 'web:80'")]
    [InlineData("-A -t fd00::1:80\n", "test:1:7: expected an address and port like 10.0.0.1:80 or [fd00::1]:80 (names are not looked up: save with -n), found 'fd00::1:80'")]
    [InlineData("-A -t [10.0.0.1]:80\n", "test:1:7: expected an address and port like 10.0.0.1:80 or [fd00::1]:80 (names are not looked up: save with -n), found '[10.0.0.1]:80'")]
    [InlineData("-A -t 10.0.0.1:65536\n", "test:1:7: expected an address and port like 10.0.0.1:80 or [fd00::1]:80 (names are not looked up: save with -n), found '10.0.0.1:65536'")]
    [InlineData("-A -s rr\n", "test:1:9: expected -t, -u, --sctp-service or -f, found the end of the line")]
    [InlineData("-A -t 10.0.0.1:80 -f 1\n", "test:1:22: expected one of -t, -u, --sctp-service and -f alone, found '1'")]
    [InlineData("-A -t 10.0.0.1:80 -s lblc\n", "test:1:22: expected a scheduler: rr, wrr, lc, wlc, sh, dh, mh, sed, nq, fo, ovf, twos, found 'lblc'")]
    [InlineData("-A -t 10.0.0.1:80 -s\n", "test:1:21: expected a value of -s, found the end of the line")]
    [InlineData("-A -t 10.0.0.1:80 -s -p\n", "test:1:22: expected a value of -s, found '-p'")]
    [InlineData("-A -t 10.0.0.1:80 -b sh-what\n", "test:1:22: expected flags like sh-fallback,sh-port, found 'sh-what'")]
    [InlineData("-A -t 10.0.0.1:80 -p 0\n", "test:1:22: expected seconds from 1 to 2678400, found '0'")]
    [InlineData("-A -t 10.0.0.1:80 -p 9 -M 255.0.255.0\n", "test:1:27: expected a mask of leading bits like 255.255.255.0, found '255.0.255.0'")]
    [InlineData("-A -t [fd00::1]:80 -p 9 -M 129\n", "test:1:28: expected a prefix length from 1 to 128, found '129'")]
    [InlineData("-A -t 10.0.0.1\n", "test:1:15: expected -p, which a service of every port needs, found the end of the line")]
    [InlineData("-A -t 10.0.0.1:80 -o\n", "test:1:19: expected -o with UDP or a mark only, found '-o'")]
    [InlineData("-A -t 10.0.0.1:80 -6\n", "test:1:19: expected -6 with -f only, found '-6'")]
    [InlineData("-A -f 0\n", "test:1:7: expected a firewall mark from 1 to 4294967295, found '0'")]
    [InlineData("-A -t 10.0.0.1:80 -w 1\n", "test:1:19: expected an option of -A, found '-w'")]
    [InlineData("-A -t 10.0.0.1:80 --weird\n", "test:1:19: expected an option of -A, found '--weird'")]
    [InlineData("-A -t 10.0.0.1:80 -S 1\n", "test:1:19: expected an option of -A, found '-S'")]
    [InlineData("-A -t 10.0.0.1:80 -s rr -s rr\n", "test:1:25: expected -s once, found '-s'")]
    [InlineData("\n-A -t 10.0.0.1:80\n-A -t 10.0.0.1:80\n", "test:3:7: expected a new service (line 2 has this one), found '10.0.0.1:80'")]
    [InlineData("-a -t 10.0.0.1:80 -r 10.0.0.2:80\n", "test:1:7: expected a service that was added, found '10.0.0.1:80'")]
    [InlineData("-A -t 10.0.0.1:80\n-a -t 10.0.0.1:80\n", "test:2:18: expected -r, found the end of the line")]
    [InlineData("-A -t 10.0.0.1:80\n-a -t 10.0.0.1:80 -r 1.1.1.1\n-a -t 10.0.0.1:80 -r 1.1.1.1\n", "test:3:22: expected a new real server of this service, found '1.1.1.1'")]
    [InlineData("-A -t 10.0.0.1:80\n-e -t 10.0.0.1:80 -r 1.1.1.1\n", "test:2:22: expected a real server of this service, found '1.1.1.1'")]
    [InlineData("-A -t 10.0.0.1:80\n-a -t 10.0.0.1:80 -r [fd00::1]:80 -m\n", "test:2:22: expected a real server of the service's family, or -i, found '[fd00::1]:80'")]
    [InlineData("-A -t 10.0.0.1:80\n-a -t 10.0.0.1:80 -r 1.1.1.1 -m -g\n", "test:2:33: expected one of -g, -i and -m alone, found '-g'")]
    [InlineData("-A -t 10.0.0.1:80\n-a -t 10.0.0.1:80 -r 1.1.1.1 -w many\n", "test:2:33: expected a number from 0, found 'many'")]
    [InlineData("-A -t 10.0.0.1:80\n-a -t 10.0.0.1:80 -r 1.1.1.1 -x 4 -y 5\n", "test:2:38: expected a lower threshold not above the upper one, found '5'")]
    [InlineData("-A -t \"10.0.0.1:80\n", "test:1:7: expected a closing quote")]
    public void A_fault_is_told_with_its_place(string text, string message)
    {
        var error = Assert.Throws<IptablesFormatException>(() => IpvsSaveParser.Parse(Encoding.UTF8.GetBytes(text), out _, "test"));
        Assert.Equal(message, error.Message);
    }
}
