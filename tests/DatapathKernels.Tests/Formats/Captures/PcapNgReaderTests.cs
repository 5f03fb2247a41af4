using DatapathKernels.Formats.Captures;
using DatapathKernels.Packets;
using Xunit;

namespace DatapathKernels.Tests.Formats.Captures;

public sealed class PcapNgReaderTests
{
    private static readonly byte[] FrameA = [1, 2, 3, 4, 5];
    private static readonly byte[] FrameB = [9, 8, 7];

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void All_three_packet_blocks_are_read(bool isBigEndian)
    {
        byte[] file = new CaptureBytes(isBigEndian).Section().Interface(1).Interface(101, 4)
            .Enhanced(1, 0x1_0000_0000, FrameB, 77, [0, 2, 0, 4, 0, 0, 0, 0]).Simple(FrameA).Obsolete(1, 3, FrameA).ToArray();

        ReadCapture capture = ReadCapture.From(file);

        Assert.Equal(CaptureFormat.PcapNg, capture.Format);
        Assert.Null(capture.Error);
        Assert.Equal(
            [
                new ReadRecord("090807", (Int128)0x1_0000_0000 * 1000, true, 77, 1, LinkType.Raw),
                new ReadRecord("0102030405", 0, false, 5, 0, LinkType.Ethernet),
                new ReadRecord("0102030405", 3000, true, 5, 1, LinkType.Raw),
            ],
            capture.Records);
    }

    [Fact]
    public void A_simple_packet_ends_at_the_snap_length_of_interface_0()
    {
        byte[] file = new CaptureBytes(false).Section().Interface(1, 3).Simple(FrameB, 1500).ToArray();

        ReadRecord record = Assert.Single(ReadCapture.From(file).Records);

        Assert.Equal(("090807", 1500u), (record.FrameHex, record.OriginalLength));
    }

    [Fact]
    public void Sections_have_their_own_byte_order_and_interfaces()
    {
        byte[] first = new CaptureBytes(false).Section().Interface(1).Interface(113).Enhanced(1, 1, FrameA).ToArray();
        byte[] second = new CaptureBytes(true).Section(1, 2).Interface(276).Enhanced(0, 2, FrameB).ToArray();
        byte[] third = new CaptureBytes(false).Section().Enhanced(0, 2, FrameB).ToArray();

        ReadCapture capture = ReadCapture.From([.. first, .. second, .. third]);

        Assert.Equal([(1, LinkType.LinuxSll), (0, LinkType.LinuxSll2)], capture.Records.Select(r => (r.InterfaceId, r.LinkType)));
        Assert.Equal(("an interface described before (0 are)", first.Length + second.Length + 28 + 8L), (capture.Error!.Expected, capture.Error.Offset));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Blocks_without_packets_are_skipped(bool isBigEndian)
    {
        byte[] file = new CaptureBytes(isBigEndian).Section().Interface(1)
            .Block(4, new byte[20]).Block(5, new byte[8]).Block(10, []).Block(0xbad, [1, 2, 3, 4]).Block(0x40000bad, new byte[300_000])
            .Block(0x8765_4321, [1]).Enhanced(0, 1, FrameA).ToArray();

        Assert.Single(ReadCapture.From(file).Records);
    }

    [Theory]
    [InlineData(0, 5ul, "5000000000")]
    [InlineData(3, 5ul, "5000000")]
    [InlineData(9, 5ul, "5")]
    [InlineData(12, 5999ul, "5")]
    [InlineData(127, ulong.MaxValue, "0")]
    [InlineData(0, ulong.MaxValue, "18446744073709551615000000000")]
    [InlineData(0x80, 5ul, "5000000000")]
    [InlineData(0x80 + 10, 1536ul, "1500000000")]
    [InlineData(0x80 + 63, 1ul << 62, "500000000")]
    [InlineData(0xff, ulong.MaxValue, "0")]
    public void Time_resolutions_are_powers_of_ten_and_two(byte resolution, ulong ticks, string nanoseconds)
    {
        foreach (bool isBigEndian in new[] { false, true })
        {
            var file = new CaptureBytes(isBigEndian);
            file.Section().Interface(1, 0, [.. file.Option(2, "eth0"u8.ToArray()), .. file.Option(9, resolution), .. file.Option(0)]).Enhanced(0, ticks, FrameA);

            Assert.Equal(nanoseconds, Assert.Single(ReadCapture.From(file.ToArray()).Records).TimestampNs.ToString());
        }
    }

    [Theory]
    [InlineData(100)]
    [InlineData(-100)]
    public void The_time_offset_is_added(long seconds)
    {
        var file = new CaptureBytes(false);
        file.Section().Interface(1, 0, file.Option(14, BitConverter.GetBytes(seconds))).Enhanced(0, 7, FrameA);

        Assert.Equal(7000 + (Int128)seconds * 1_000_000_000, Assert.Single(ReadCapture.From(file.ToArray()).Records).TimestampNs);
    }

    public static TheoryData<string, string, long> Wrong => new()
    {
        { "12 bytes in all", "short section", 0 },
        { "01020304", "byte order", 8 },
        { "2.0", "version", 12 },
        { "24", "section length", 4 },
        { "29", "odd length", 28 + 4 },
        { "8", "tiny block", 28 + 4 },
        { "13", "trailer", 28 + 16 },
        { "interface 3", "interface", 48 + 8 },
        { "interface 0", "simple without interface", 28 + 8 },
        { "6", "captured length", 48 + 20 },
        { "4294967295", "simple length", 48 + 8 },
        { "4294967292", "huge block", 48 + 4 },
        { "65535", "option length", 28 + 16 + 2 },
        { "2", "resolution length", 28 + 16 + 2 },
        { "65548", "huge interface", 28 + 4 },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public void Bytes_that_contradict_the_format_are_an_error_with_their_offset(string found, string what, long offset)
    {
        CaptureFormatException? error = ReadCapture.From(WrongFile(what)).Error;

        Assert.NotNull(error);
        Assert.Equal((found, offset), (error.Found, error.Offset));
    }

    private static byte[] WrongFile(string what)
    {
        var file = new CaptureBytes(false);
        switch (what)
        {
            case "short section": return file.Section().ToArray()[..12];
            case "byte order": return file.U32(0x0a0d0d0a).U32(28).Raw(1, 2, 3, 4).Raw(new byte[16]).ToArray();
            case "version": return file.Section(2).ToArray();
            case "section length": return file.U32(0x0a0d0d0a).U32(24).U32(0x1a2b3c4d).Raw(new byte[16]).ToArray();
        }
        file.Section();
        switch (what)
        {
            case "odd length": return file.U32(6).U32(29).Raw(new byte[40]).ToArray();
            case "tiny block": return file.U32(77).U32(8).ToArray();
            case "trailer": return file.Block(77, new byte[8], trailer: 13).ToArray();
            case "simple without interface": return file.Simple(FrameA).ToArray();
            case "option length": return file.Interface(1, 0, [1, 0, 255, 255]).ToArray();
            case "resolution length": return file.Interface(1, 0, file.Option(9, 6, 6)).ToArray();
            case "huge interface": return file.Interface(1, 0, new byte[65_528]).ToArray();
        }
        file.Interface(1);
        return what switch
        {
            "interface" => file.Enhanced(3, 0, FrameA).ToArray(),
            "captured length" => file.Block(6, [.. new byte[12], 6, 0, 0, 0, 6, 0, 0, 0, 1, 2, 3, 4]).ToArray(),
            "simple length" => file.Simple(FrameA, uint.MaxValue).ToArray(),
            "huge block" => file.U32(6).U32(0xffff_fffc).Raw(new byte[100]).ToArray(),
            _ => throw new ArgumentOutOfRangeException(nameof(what)),
        };
    }

    [Fact]
    public void The_number_of_interfaces_is_bounded()
    {
        var file = new CaptureBytes(false).Section();
        for (int i = 0; i <= 65_536; i++)
            file.Interface(1);

        Assert.Equal("at most 65536 interfaces in a section", ReadCapture.From(file.ToArray()).Error?.Expected);
    }

    [Fact]
    public void A_cut_within_a_skipped_block_is_reported()
    {
        byte[] file = new CaptureBytes(false).Section().Interface(1).Enhanced(0, 1, FrameA).Block(0xbad, new byte[200_000]).ToArray();

        ReadCapture capture = ReadCapture.From(file[..^100_000]);

        Assert.Single(capture.Records);
        Assert.Equal((88L, file.Length - 100_000L), (capture.Truncation!.RecordOffset, capture.Truncation.EndOffset));
    }
}
