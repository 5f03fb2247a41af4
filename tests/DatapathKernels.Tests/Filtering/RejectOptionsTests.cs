using DatapathKernels.Filtering;
using DatapathKernels.Packets;
using Xunit;

namespace DatapathKernels.Tests.Filtering;

/// <summary>What Linux 6.18 answered where INPUT rejects packets with options, sent to 10.244.255.1 by 10.244.3.4.</summary>
public class RejectOptionsTests
{
    [Theory]
    [InlineData("01010100", "", "01010100")]
    [InlineData("94040000", "", "94040000")]
    [InlineData("820b00000000000000000000", "", "820b00000000000000000000")]
    [InlineData("99040102", "", "99040102")]
    [InlineData("070b04000000000000000000", "070b0c0af4ff010af4ff0100", "070b080af4ff010000000000")]
    [InlineData("070b08090909090000000000", "070b0c090909090af4ff0100", "070b0c090909090af4ff0100")]
    [InlineData("0707080102030400", "0707080102030400", "0707080102030400")]
    [InlineData("440c05000000000000000000", "440c0d0000de83df00de83df", "440c090000de83df00000000")]
    [InlineData("4414050100000000000000000000000000000000", "441415010af4ff0100de83df0af4ff0100de83df", "44140d010af4ff0100de83df0000000000000000")]
    [InlineData("441405030af4ff01000000000a60000700000000", "44140d030af4ff0100de83df0a60000700000000", "44140d030af4ff0100de83df0a60000700000000")]
    [InlineData("4408090001020304", "4408091001020304", "4408091001020304")]
    [InlineData("07070400000000440c0500000000000000000000", "0707080af4ff01440c0d0000de83df00de83df00", "0707080af4ff01440c090000de83df0000000000")]
    public void An_unsummed_packet_gets_its_options_back(string options, string echoed, string quoted)
    {
        byte[] packet = Packet(options, summed: false);
        Assert.Equal(RejectStatus.Ok, Build(RejectKind.PortUnreachable, packet, out byte[] answer));
        int header = (answer[0] & 15) * 4;
        Assert.Equal(echoed, Convert.ToHexStringLower(answer[20..header]));
        byte[] expected = [.. packet[..20], .. Convert.FromHexString(quoted), .. packet[(20 + (quoted.Length / 2))..]];
        Assert.Equal(Convert.ToHexStringLower(expected), Convert.ToHexStringLower(answer[(header + 8)..]));
        Assert.Equal([3, 3], answer[header..(header + 2)]);
        Assert.Equal((0xd0, 64, answer.Length), (answer[1], answer[8], (answer[2] << 8) | answer[3]));
        Assert.True(InternetChecksum.IsValid(answer.AsSpan(0, header)) && InternetChecksum.IsValid(answer.AsSpan(header)));
        Assert.Equal([10, 244, 255, 1, 10, 244, 3, 4], answer[12..20]);
    }

    /// <summary>The kernel writes into the header without mending its checksum, which it then sums with the packet's.</summary>
    [Theory]
    [InlineData("01010100", RejectStatus.Ok)]
    [InlineData("0707080102030400", RejectStatus.Ok)]
    [InlineData("070b04000000000000000000", RejectStatus.BadChecksum)]
    [InlineData("440c05000000000000000000", RejectStatus.BadChecksum)]
    [InlineData("4408090001020304", RejectStatus.BadChecksum)]
    [InlineData("07070400000000440c05000000000000000000", RejectStatus.BadChecksum)]
    [InlineData("830b040a6000090a60000800", RejectStatus.Options)]
    [InlineData("8907080a60000900", RejectStatus.Options)]
    [InlineData("070b03000000000000000000", RejectStatus.Options)]
    [InlineData("860a00000001010400000000", RejectStatus.Options)]
    public void A_summed_packet_whose_options_were_written_to_gets_no_answer(string options, RejectStatus expected) =>
        Assert.Equal(expected, Build(RejectKind.PortUnreachable, Packet(options, summed: true), out _));

    [Fact]
    public void A_long_packet_is_quoted_as_far_as_576_bytes_go()
    {
        byte[] packet = Packet("0707080102030400", summed: false, payload: 1000);
        Assert.Equal(RejectStatus.Ok, Build(RejectKind.PortUnreachable, packet, out byte[] answer));
        Assert.Equal(576, answer.Length);
    }

    private static RejectStatus Build(RejectKind kind, byte[] packet, out byte[] answer)
    {
        FlowParser.ParseNetwork(packet, 0, out _, out _, out PacketInfo info);
        byte[] room = new byte[RejectBuilder.MaxBytes];
        PacketMeta meta = new() { NowMs = 0xde83df };
        RejectStatus status = RejectBuilder.TryBuild(kind, packet, info, meta, new IPv6Address([10, 244, 255, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]), room, out int length);
        answer = room[..length];
        return status;
    }

    private static byte[] Packet(string options, bool summed, int payload = 4)
    {
        byte[] words = Convert.FromHexString(options.PadRight((options.Length + 7) / 8 * 8, '0'));
        byte[] segment = new byte[8 + payload];
        (segment[0], segment[3], segment[4], segment[5]) = (3, 53, (byte)(segment.Length >> 8), (byte)segment.Length);
        byte[] packet = new byte[20 + words.Length + segment.Length];
        Ipv4Fields fields = new() { Tos = 0x10, Ttl = 64, Protocol = IpProtocol.Udp, Source = 0x0af40304, Destination = 0x0af4ff01 };
        int header = Ipv4Writer.Write(packet, fields, segment.Length, words);
        segment.CopyTo(packet, header);
        FlowParser.ParseNetwork(packet, 0, out _, out _, out PacketInfo info);
        if (summed)
            PacketChecksums.Write(packet, info);
        return packet;
    }
}
