using DatapathKernels.Formats.Captures;
using DatapathKernels.Packets;
using DatapathKernels.Tests.Infrastructure;
using FsCheck.Fluent;
using Xunit;

namespace DatapathKernels.Tests.Formats.Captures;

public sealed class CaptureWriterTests
{
    [Theory]
    [InlineData(CaptureFormat.PcapMicroseconds, 1000)]
    [InlineData(CaptureFormat.PcapNanoseconds, 1)]
    [InlineData(CaptureFormat.PcapNg, 1)]
    public void What_is_written_reads_back_the_same(CaptureFormat format, int resolutionNs)
    {
        var seeds = Gen.Choose(0, int.MaxValue);
        Property.Check(seeds, seed =>
        {
            var random = new Random(seed);
            var stream = new MemoryStream();
            var written = new List<ReadRecord>();
            LinkType[] links = [LinkType.Ethernet, LinkType.LinuxSll2, (LinkType)65_535];
            using (var writer = CaptureWriter.Create(stream, format, links[0]))
            {
                int interfaces = 1;
                for (; format == CaptureFormat.PcapNg && interfaces < links.Length; interfaces++)
                    Assert.Equal(interfaces, writer.AddInterface(links[interfaces]));
                for (int count = random.Next(8); count > 0; count--)
                {
                    byte[] frame = new byte[random.Next(4) == 0 ? random.Next(70_000) : random.Next(100)];
                    random.NextBytes(frame);
                    Int128 time = (Int128)random.NextInt64((1L << 32) * 1_000_000_000) / resolutionNs * resolutionNs;
                    int id = random.Next(interfaces);
                    uint original = (uint)random.NextInt64(1L << 32);
                    writer.Write(frame, time, original, id);
                    written.Add(new ReadRecord(Convert.ToHexString(frame), time, true, original, id, links[id]));
                }
            }

            ReadCapture read = ReadCapture.From(stream.ToArray());

            Assert.Equal(format, read.Format);
            Assert.Null(read.Error);
            Assert.Null(read.Truncation);
            Assert.Equal(written, read.Records);
        });
    }

    [Fact]
    public void What_the_format_cannot_hold_is_refused()
    {
        using var pcap = CaptureWriter.Create(new MemoryStream(), CaptureFormat.PcapNanoseconds, LinkType.Ethernet, snapLength: 64);
        using var pcapng = CaptureWriter.Create(new MemoryStream(), CaptureFormat.PcapNg, LinkType.Ethernet);

        Assert.Throws<InvalidOperationException>(() => pcap.AddInterface(LinkType.Raw));
        Assert.Throws<ArgumentOutOfRangeException>(() => pcap.Write(new byte[65], 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => pcap.Write(new byte[64], -1));
        Assert.Throws<ArgumentOutOfRangeException>(() => pcap.Write(new byte[64], ((Int128)1 << 32) * 1_000_000_000));
        Assert.Throws<ArgumentOutOfRangeException>(() => pcapng.Write(new byte[64], (Int128)1 << 64));
        Assert.Throws<ArgumentOutOfRangeException>(() => pcapng.Write(new byte[64], 0, 64, interfaceId: 1));
        pcapng.Write(new byte[64], ((Int128)1 << 64) - 1);
        pcap.Write(new byte[64], ((Int128)1 << 32) * 1_000_000_000 - 1);
    }

    [Fact]
    public void Writing_allocates_nothing_per_frame()
    {
        foreach (CaptureFormat format in Enum.GetValues<CaptureFormat>())
        {
            using var writer = CaptureWriter.Create(Stream.Null, format, LinkType.Ethernet);
            byte[] frame = new byte[1500];
            Allocation.IsZero(() => writer.Write(frame, 1));
        }
    }
}
