using System.Buffers.Binary;
using DatapathKernels.Filtering;
using DatapathKernels.Packets;
using DatapathKernels.Tests.Formats.Iptables;
using DatapathKernels.Tests.Generators;
using DatapathKernels.Tests.Infrastructure;
using Xunit;
using static DatapathKernels.Tests.Filtering.MatcherHarness;

namespace DatapathKernels.Tests.Filtering;

/// <summary>Matches on header fields, each with packets that fit and packets that do not, in both families.</summary>
public class HeaderMatchTests
{
    private static readonly TestPacket Syn = With(TestPacket.Tcp("10.1.2.3", "10.0.0.1"), tos: 0xb9, ttl: 63);
    private static readonly TestPacket Syn6 = With(TestPacket.Tcp("fd00::9", "fd00::1"), tos: 0xb9, ttl: 63);

    [Theory]
    [InlineData("-m T --T-eq 63", true)]
    [InlineData("-m T ! --T-eq 63", false)]
    [InlineData("-m T --T-eq 64", false)]
    [InlineData("-m T ! --T-eq 64", true)]
    [InlineData("-m T --T-lt 64", true)]
    [InlineData("-m T --T-lt 63", false)]
    [InlineData("-m T --T-lt 0", false)]
    [InlineData("-m T --T-gt 62", true)]
    [InlineData("-m T --T-gt 63", false)]
    [InlineData("-m T --T-gt 255", false)]
    [InlineData("-m dscp --dscp 0x2e", true)]
    [InlineData("-m dscp --dscp-class EF", true)]
    [InlineData("-m dscp --dscp-class ef", true)]
    [InlineData("-m dscp ! --dscp-class AF11", true)]
    [InlineData("-m dscp --dscp 0", false)]
    [InlineData("-m tos --tos 0xb9", true)]
    [InlineData("-m tos --tos 0xb8", false)]
    [InlineData("-m tos --tos 0xb8/0xfc", true)]
    [InlineData("-m tos ! --tos 0xb8/0xfc", false)]
    [InlineData("-m tos --tos Minimize-Delay", false)]
    [InlineData("-m ecn --ecn-ip-ect 1", true)]
    [InlineData("-m ecn ! --ecn-ip-ect 1", false)]
    [InlineData("-m ecn --ecn-ip-ect 2", false)]
    public void Both_families_meet_a_rule(string words, bool expected)
    {
        Assert.Equal(expected, Matches(words.Replace("T", "ttl", StringComparison.Ordinal), Syn));
        Assert.Equal(expected, Matches(words.Replace("T", "hl", StringComparison.Ordinal), Syn6));
    }

    [Theory]
    [InlineData("40", true, false)]
    [InlineData("60", false, true)]
    [InlineData("0:40", true, false)]
    [InlineData("41:", false, true)]
    [InlineData(":100", true, true)]
    // The wrong way round: taken, as iptables and the kernel do, and no packet is in it.
    [InlineData("100:40", false, false)]
    public void Length_counts_from_the_ip_header(string range, bool v4, bool v6)
    {
        TestPacket packet = TestPacket.Tcp("10.1.2.3", "10.0.0.1"), packet6 = TestPacket.Tcp("fd00::9", "fd00::1");
        int less = packet.Bytes.Length - 40;
        string grown = string.Join(':', range.Split(':').Select(part => part.Length == 0 ? "" : $"{int.Parse(part) + less}"));
        Assert.Equal(v4, Matches($"-m length --length {grown}", packet));
        Assert.Equal(v6, Matches($"-m length --length {grown}", packet6));
        Assert.Equal(!v4, Matches($"-m length ! --length {grown}", packet));
    }

    [Theory]
    [InlineData("--src-range 10.1.2.3-10.1.2.9", true)]
    [InlineData("--src-range 10.1.2.4-10.1.2.9", false)]
    [InlineData("! --src-range 10.1.2.4-10.1.2.9", true)]
    [InlineData("--src-range 10.1.2.3", true)]
    [InlineData("--src-range 10.1.2.9-10.1.2.3", false)]
    [InlineData("! --src-range 10.1.2.9-10.1.2.3", true)]
    [InlineData("--dst-range 9.255.255.255-10.0.0.1", true)]
    [InlineData("--dst-range 9.255.255.255-10.0.0.0", false)]
    [InlineData("--src-range 10.1.2.3-10.1.2.9 ! --dst-range 10.0.0.1-10.0.0.1", false)]
    [InlineData("--src-range 10.1.2.3-10.1.2.9 --dst-range 10.0.0.1-10.0.0.1", true)]
    public void Ranges_of_addresses(string words, bool expected) => Assert.Equal(expected, Matches("-m iprange " + words, Syn));

    [Theory]
    [InlineData("--src-range fd00::8-fd00::a", true)]
    [InlineData("--src-range fd00::a-fd00::ffff", false)]
    [InlineData("! --dst-range fd00::-fd00::ffff", false)]
    public void Ranges_of_ipv6_addresses(string words, bool expected) => Assert.Equal(expected, Matches("-m iprange " + words, Syn6));

    [Theory]
    [InlineData(0x42, "--ecn-tcp-ece", true)]
    [InlineData(0x42, "--ecn-tcp-cwr", false)]
    [InlineData(0x42, "! --ecn-tcp-cwr", true)]
    [InlineData(0xc2, "--ecn-tcp-cwr --ecn-tcp-ece", true)]
    [InlineData(0xc2, "--ecn-tcp-cwr ! --ecn-tcp-ece", false)]
    [InlineData(0x82, "--ecn-tcp-cwr ! --ecn-tcp-ece --ecn-ip-ect 0", true)]
    public void Congestion_flags_of_tcp(byte flags, string words, bool expected)
    {
        Assert.Equal(expected, Matches($"-p tcp -m ecn {words}", TestPacket.Tcp("10.1.2.3", "10.0.0.1", flags: flags)));
        Assert.Equal(expected, Matches($"-p tcp -m ecn {words}", TestPacket.Tcp("fd00::9", "fd00::1", flags: flags)));
    }

    [Theory]
    [InlineData("2", true)]
    [InlineData("8", true)]
    [InlineData("5", false)]
    [InlineData("9", true)] // behind the end of the list: the kernel looks there too
    public void Tcp_options(string kind, bool expected)
    {
        TestPacket packet = WithTcpOptions(TestPacket.Tcp("10.1.2.3", "10.0.0.1"), 2, 4, 5, 0xb4, 1, 8, 2, 0, 9, 1, 1, 5);
        if (kind == "5")
            packet.Bytes[^1] = 1;
        Assert.Equal(expected, Matches($"-p tcp -m tcp --tcp-option {kind}", packet));
        Assert.Equal(!expected, Matches($"-p tcp -m tcp ! --tcp-option {kind}", packet));
    }

    [Fact]
    public void A_tcp_packet_without_options_has_none()
    {
        Assert.False(Matches("-p tcp -m tcp --tcp-option 2", Syn));
        Assert.True(Matches("-p tcp -m tcp ! --tcp-option 2", Syn));
        Assert.False(Matches("-p tcp -m tcp ! --tcp-option 2", Syn.AsLaterFragment()));
    }

    [Theory]
    [InlineData("6&0xFF=1", "icmp", true)]
    [InlineData("6&0xFF=1", "tcp", false)]
    [InlineData("6 & 0xFF = 1 && 4 & 0x3FFF = 0 && 0 >> 22 & 0x3C @ 0 >> 24 = 8", "icmp", true)]
    [InlineData("6 & 0xFF = 1 && 4 & 0x3FFF = 0 && 0 >> 22 & 0x3C @ 0 >> 24 = 0", "icmp", false)]
    [InlineData("6&0xFF=0:3,5:9", "icmp", true)]
    [InlineData("6&0xFF=0,2:5,7", "icmp", false)]
    [InlineData("12=0x0a010203", "icmp", true)]
    [InlineData("12=0x0a010204", "icmp", false)]
    [InlineData("12<<8=0x01020300", "icmp", true)]
    [InlineData("24=0x12340001", "icmp", true)]
    [InlineData("25=0:0xffffffff", "icmp", false)]
    [InlineData("0@0=0:0xffffffff", "icmp", false)]
    [InlineData("4294967295=0:0xffffffff", "icmp", false)]
    public void U32_reads_four_bytes_anywhere(string expression, string protocol, bool expected)
    {
        TestPacket packet = protocol == "icmp" ? TestPacket.Icmp("10.1.2.3", "10.0.0.1", 8) : Syn;
        Assert.Equal(expected, Matches($"-m u32 --u32 \"{expression}\"", packet));
        Assert.Equal(!expected, Matches($"-m u32 ! --u32 \"{expression}\"", packet));
    }

    [Theory]
    [InlineData("--pkt-type unicast", PacketType.Host, true)]
    [InlineData("! --pkt-type unicast", PacketType.Host, false)]
    [InlineData("--pkt-type broadcast", PacketType.Broadcast, true)]
    [InlineData("--pkt-type multicast", PacketType.Broadcast, false)]
    [InlineData("--pkt-type unicast", PacketType.OtherHost, false)]
    [InlineData("--pkt-type broadcast", PacketType.Loopback, true)]
    public void Packet_types(string words, PacketType type, bool expected) =>
        Assert.Equal(expected, Matches("-m pkttype " + words, Syn, new PacketMeta { Type = type }));

    [Fact]
    public void The_source_of_the_ethernet_header()
    {
        byte[] frame = new FrameSpec().ToBytes();
        FlowParser.Parse(frame, LinkType.Ethernet, 0, out _, out _, out PacketInfo info);
        MacAddress source = new(frame.AsSpan(6));
        Assert.True(Fits($"-m mac --mac-source {source}", frame, info));
        Assert.False(Fits($"-m mac ! --mac-source {source}", frame, info));
        Assert.False(Fits("-m mac --mac-source 02:ff:ff:ff:ff:fe", frame, info));
        Assert.True(Fits("-m mac ! --mac-source 02:FF:FF:FF:FF:FE", frame, info));
        Assert.False(Matches($"-m mac --mac-source {source}", Syn));
        Assert.False(Matches($"-m mac ! --mac-source {source}", Syn));
    }

    [Theory]
    [InlineData("OUTPUT", "-A A -m mac --mac-source 02:00:00:00:00:01", "-A OUTPUT -j A")]
    [InlineData("OUTPUT", "-A OUTPUT -m mac --mac-source 02:00:00:00:00:01")]
    public void An_ethernet_source_is_refused_where_packets_leave(string hook, params string[] rules)
    {
        var error = Assert.Throws<RulesetException>(() => new LinearMatcher(Rulesets.Parse(Rulesets.Table("filter", [hook, "A"], rules))));
        Assert.StartsWith("line 4, chain filter/", error.Message);
        using LinearMatcher arriving = new(Rulesets.Parse(Rulesets.Table("filter", ["INPUT", "A"], rules[0].Replace("OUTPUT", "INPUT"), "-A INPUT -j A")));
    }

    [Theory]
    [InlineData("udplite", 136)]
    [InlineData("dccp", 33)]
    [InlineData("sctp", 132)]
    public void Multiport_knows_every_protocol_with_ports(string name, byte protocol)
    {
        TestPacket packet = TestPacket.Sctp("10.1.2.3", "10.0.0.1", 40000, 80);
        packet.Bytes[9] = protocol;
        if (protocol == 136)
            packet.Bytes[24] = packet.Bytes[25] = 0;
        if (protocol == 33)
            packet.Bytes[24] = 4;
        Assert.True(Matches($"-p {name} -m multiport --dports 79:80", packet));
        Assert.True(Matches($"-p {name} -m {name} --dport 80", packet));
        Assert.False(Matches($"-p {name} -m multiport ! --dports 79:80", packet));
        Assert.False(Matches($"-p {name} -m multiport --dports 79:80", packet.AsLaterFragment()));
    }

    /// <summary>Types that the kernel has numbers for and gives to no address, and to no packet that rules see.</summary>
    [Theory]
    [InlineData("-m addrtype --dst-type THROW,NAT,XRESOLVE")]
    [InlineData("-m pkttype --pkt-type otherhost")]
    public void Types_that_nothing_has_match_nothing(string words)
    {
        Assert.False(Matches(words, Syn));
        Assert.True(Matches(words.Replace("--", "! --"), Syn));
    }

    [Fact]
    public void No_length_and_no_garbage_makes_a_match_read_beyond_the_frame()
    {
        string[] rules =
        [
            .. new[]
            {
                "-m ttl --ttl-gt 3", "-m length --length 1:2000", "-m dscp --dscp 3", "-p tcp -m ecn --ecn-tcp-ece", "-p tcp -m tcp --tcp-option 77",
                "-m u32 --u32 \"0>>22&0x3C@12>>26&0x3C@0=1:5&&0@0@0=1\"", "-m mac ! --mac-source 02:00:00:00:00:01", "-m recent --set --name L",
                "-m iprange --src-range 1.1.1.1-2.2.2.2", "-m limit --limit 1/sec",
            }.Select(words => $"-A INPUT {words}"),
        ];
        using LinearMatcher matcher = Filter(rules);
        Assert.True(matcher.Find(TableKind.Filter, "INPUT", out ChainId chain));
        byte[] whole = WithTcpOptions(TestPacket.Tcp("10.1.2.3", "10.0.0.1"), 2, 4, 5, 0xb4, 1, 8, 2, 0, 9, 1, 1, 5).Bytes;
        PacketRandom random = new(7);
        for (int length = 0; length <= whole.Length; length++)
        {
            using GuardedMemory memory = new(Math.Max(length, 1));
            Span<byte> frame = memory.AtEnd(length);
            for (int round = 0; round < 20; round++)
            {
                whole.AsSpan(0, length).CopyTo(frame);
                if (length >= 4 && round % 2 == 0)
                    BinaryPrimitives.WriteUInt16BigEndian(frame[2..], (ushort)length);
                if (length > 20 && round > 2)
                    frame[20 + (int)(random.Next() % (uint)(length - 20))] = (byte)random.Next();
                FlowParser.ParseNetwork(frame, 0, out _, out _, out PacketInfo info);
                PacketMeta meta = default;
                matcher.Evaluate(chain, frame, info, ref meta, ref random, out PacketVerdict verdict);
                Assert.True(verdict.Kind is VerdictKind.Accept or VerdictKind.Drop or VerdictKind.NotApplicable);
            }
        }
    }

    private static bool Fits(string words, byte[] frame, in PacketInfo info)
    {
        using LinearMatcher matcher = Filter($"-A INPUT {words} -j DROP");
        matcher.Find(TableKind.Filter, "INPUT", out ChainId chain);
        PacketMeta meta = default;
        PacketRandom random = new(1);
        matcher.Evaluate(chain, frame, info, ref meta, ref random, out PacketVerdict verdict);
        return verdict.Kind == VerdictKind.Drop;
    }

    private static TestPacket With(TestPacket packet, byte tos, byte ttl)
    {
        byte[] bytes = packet.Bytes;
        if (bytes[0] >> 4 == 4)
        {
            (bytes[1], bytes[8]) = (tos, ttl);
        }
        else
        {
            bytes[0] = (byte)(0x60 | (tos >> 4));
            bytes[1] = (byte)((tos << 4) | (bytes[1] & 15));
            bytes[7] = ttl;
        }

        return packet;
    }

    private static TestPacket WithTcpOptions(TestPacket packet, params byte[] options)
    {
        byte[] bytes = [.. packet.Bytes.AsSpan(0, 40), .. options];
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(2), (ushort)bytes.Length);
        bytes[32] = (byte)((20 + options.Length) << 2);
        return new TestPacket { Bytes = bytes };
    }
}
