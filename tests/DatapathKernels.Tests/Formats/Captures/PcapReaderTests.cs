using DatapathKernels.Formats.Captures;
using DatapathKernels.Packets;
using Xunit;

namespace DatapathKernels.Tests.Formats.Captures;

public sealed class PcapReaderTests
{
    private static readonly byte[] FrameA = [1, 2, 3, 4, 5];
    private static readonly byte[] FrameB = [9, 8, 7];

    [Theory]
    [InlineData(0xa1b2c3d4, false, CaptureFormat.PcapMicroseconds, 1000)]
    [InlineData(0xa1b2c3d4, true, CaptureFormat.PcapMicroseconds, 1000)]
    [InlineData(0xa1b23c4d, false, CaptureFormat.PcapNanoseconds, 1)]
    [InlineData(0xa1b23c4d, true, CaptureFormat.PcapNanoseconds, 1)]
    public void Every_magic_and_byte_order_is_read(uint magic, bool isBigEndian, CaptureFormat format, int fractionNs)
    {
        byte[] file = new CaptureBytes(isBigEndian).PcapHeader(magic).PcapRecord(5, 7, FrameA, 1500).PcapRecord(uint.MaxValue, 0, FrameB).ToArray();

        ReadCapture capture = ReadCapture.From(file);

        Assert.Equal(format, capture.Format);
        Assert.Null(capture.Truncation);
        Assert.Equal(
            [
                new ReadRecord("0102030405", 5_000_000_000 + 7 * fractionNs, true, 1500, 0, LinkType.Ethernet),
                new ReadRecord("090807", 4_294_967_295_000_000_000, true, 3, 0, LinkType.Ethernet),
            ],
            capture.Records);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Kuznetzovs_longer_record_header_is_skipped(bool isBigEndian)
    {
        byte[] extra = [3, 0, 0, 0, 8, 0, 0, 0];
        byte[] file = new CaptureBytes(isBigEndian).PcapHeader(0xa1b2cd34)
            .U32(5).U32(7).U32(3).U32(3).Raw(extra).Raw(FrameB)
            .U32(6).U32(0).U32(5).U32(5).Raw(extra).Raw(FrameA).ToArray();

        ReadCapture capture = ReadCapture.From(file);

        Assert.Equal(["090807", "0102030405"], capture.Records.Select(r => r.FrameHex));
        Assert.Equal(5_000_007_000, capture.Records[0].TimestampNs);
    }

    [Theory]
    [InlineData(0x00000001u, 1)]
    [InlineData(0x30000001u, 1)]
    [InlineData(0xfc000114u, 276)]
    [InlineData(0x0000ffffu, 65_535)]
    public void The_bits_of_the_frame_check_sequence_are_no_part_of_the_link_type(uint field, int linkType)
    {
        byte[] file = new CaptureBytes(false).PcapHeader(linkType: field).PcapRecord(0, 0, FrameA).ToArray();

        Assert.Equal((LinkType)linkType, Assert.Single(ReadCapture.From(file).Records).LinkType);
    }

    [Theory]
    [InlineData(2, 5, 3)]   // swapped always
    [InlineData(3, 5, 3)]   // the shorter one was captured
    [InlineData(3, 3, 5)]
    [InlineData(4, 3, 5)]
    public void Old_versions_hold_the_lengths_the_other_way_round(int minor, uint first, uint second)
    {
        byte[] file = new CaptureBytes(false).PcapHeader(minor: minor).U32(0).U32(0).U32(first).U32(second).Raw(FrameB).ToArray();

        ReadRecord record = Assert.Single(ReadCapture.From(file).Records);

        Assert.Equal(("090807", 5u), (record.FrameHex, record.OriginalLength));
    }

    [Theory]
    [InlineData("an empty file", 0, "")]
    [InlineData("3 bytes in all", 0, "d4c3b2")]
    [InlineData("7f454c46", 0, "7f454c46 00000000")]
    [InlineData("23 bytes in all", 0, "d4c3b2a1 02000400 00000000 00000000 ffff0000 010000")]
    [InlineData("2.5", 4, "d4c3b2a1 02000500 00000000 00000000 ffff0000 01000000")]
    [InlineData("1.4", 4, "d4c3b2a1 01000400 00000000 00000000 ffff0000 01000000")]
    [InlineData("00300000", 20, "d4c3b2a1 02000400 00000000 00000000 ffff0000 00003000")]
    [InlineData("4294967295", 32, "d4c3b2a1 02000400 00000000 00000000 ffff0000 01000000 00000000 00000000 ffffffff ffffffff 00")]
    [InlineData("262145", 32, "d4c3b2a1 02000400 00000000 00000000 ffff0000 01000000 00000000 00000000 01000400 01000400 00")]
    public void A_file_that_is_wrong_names_the_offset_and_what_was_found(string found, long offset, string hex)
    {
        ReadCapture capture = ReadCapture.From(Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal)));

        Assert.NotNull(capture.Error);
        Assert.Equal((found, offset, "test"), (capture.Error.Found, capture.Error.Offset, capture.Error.File));
        Assert.Equal($"test: byte {offset}: expected {capture.Error.Expected}, found {found}", capture.Error.Message);
    }

    [Fact]
    public void A_cut_is_reported_with_the_record_and_the_end()
    {
        byte[] file = new CaptureBytes(false).PcapHeader().PcapRecord(1, 0, FrameA).PcapRecord(2, 0, FrameB).ToArray();

        ReadCapture capture = ReadCapture.From(file[..^1]);

        Assert.Single(capture.Records);
        Assert.Equal(
            new CaptureTruncation(45, 63, "test: cut off at byte 63: expected a record of 19 bytes from byte 45 on, found 18"),
            capture.Truncation);
    }

    [Fact]
    public void A_smaller_frame_limit_is_held()
    {
        byte[] file = new CaptureBytes(false).PcapHeader().PcapRecord(1, 0, FrameA).ToArray();
        using var reader = CaptureReader.Open(new MemoryStream(file), options: new CaptureReaderOptions { MaxFrameBytes = 4 });

        var error = Assert.Throws<CaptureFormatException>(() => reader.TryReadNext(out _));

        Assert.Equal(32, error.Offset);
        Assert.False(reader.TryReadNext(out _));
        Assert.Throws<ArgumentOutOfRangeException>(() => new CaptureReaderOptions { MaxFrameBytes = 0 });
    }

    [Fact]
    public void A_frame_longer_than_the_first_buffer_is_read_whole()
    {
        byte[] big = new byte[200_000];
        Random.Shared.NextBytes(big);
        byte[] file = new CaptureBytes(false).PcapHeader().PcapRecord(1, 0, FrameA).PcapRecord(1, 0, big).PcapRecord(1, 0, FrameB).ToArray();

        Assert.Equal(["0102030405", Convert.ToHexString(big), "090807"], ReadCapture.From(file).Records.Select(r => r.FrameHex));
    }
}
