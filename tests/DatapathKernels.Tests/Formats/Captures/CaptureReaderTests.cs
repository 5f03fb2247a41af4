using System.IO.Compression;
using DatapathKernels.Formats.Captures;
using DatapathKernels.Packets;
using DatapathKernels.Tests.Infrastructure;
using Xunit;

namespace DatapathKernels.Tests.Formats.Captures;

public sealed class CaptureReaderTests
{
    public static TheoryData<string> Samples => new("pcap", "pcap big-endian", "kuznetzov", "pcapng", "pcapng big-endian", "pcapng two sections");

    [Theory]
    [MemberData(nameof(Samples))]
    public void Cut_anywhere_everything_before_the_cut_is_delivered(string sample)
    {
        (byte[] file, int[] ends) = Sample(sample);
        List<ReadRecord> whole = ReadCapture.From(file).Records;
        Assert.Equal(ends.Length, whole.Count);

        for (int length = 0; length <= file.Length; length++)
        {
            ReadCapture cut = ReadCapture.From(file[..length]);

            Assert.Equal(whole.Take(ends.Count(end => end <= length)), cut.Records);
            if (cut.Error is null && cut.Truncation is not null)
                Assert.Equal(length, cut.Truncation.EndOffset);
            if (cut.Error is not null)
                Assert.Empty(cut.Records);
        }
    }

    [Theory]
    [MemberData(nameof(Samples))]
    public void A_stream_that_gives_a_byte_at_a_time_reads_the_same(string sample)
    {
        byte[] file = Sample(sample).File;

        Assert.Equal(ReadCapture.From(file).Records, ReadCapture.From(file, inSmallPieces: true).Records);
    }

    [Theory]
    [MemberData(nameof(Samples))]
    public void A_gzip_file_is_unpacked_on_the_way(string sample)
    {
        byte[] file = Sample(sample).File;

        Assert.Equal(ReadCapture.From(file).Records, ReadCapture.From(Gzip(file)).Records);
    }

    [Fact]
    public void A_gzip_file_cut_anywhere_gives_a_beginning_and_says_so()
    {
        byte[] file = Sample("pcapng").File;
        List<ReadRecord> whole = ReadCapture.From(file).Records;
        byte[] packed = Gzip(file);

        for (int length = 0; length < packed.Length; length++)
        {
            ReadCapture cut = ReadCapture.From(packed[..length]);

            Assert.Equal(whole.Take(cut.Records.Count), cut.Records);
            Assert.True(cut.Error is not null || cut.Truncation is not null || cut.Records.Count == whole.Count, $"silent at {length}");
        }
    }

    [Theory]
    [MemberData(nameof(Samples))]
    public void No_changed_byte_leads_to_another_exception(string sample)
    {
        byte[] file = Sample(sample).File;
        var random = new Random(20_260_101);
        for (int round = 0; round < 5_000; round++)
        {
            byte[] changed = [.. file];
            for (int i = random.Next(1, 5); i > 0; i--)
                changed[random.Next(changed.Length)] = (byte)random.Next(256);
            _ = ReadCapture.From(changed);
        }
    }

    [Fact]
    public void Reading_allocates_nothing_per_record()
    {
        foreach (CaptureFormat format in Enum.GetValues<CaptureFormat>())
        {
            var file = new MemoryStream();
            using (var writer = CaptureWriter.Create(file, format, LinkType.Ethernet))
            {
                for (int i = 0; i < 50_000; i++)
                    writer.Write(new byte[64], i);
            }
            using var reader = CaptureReader.Open(new MemoryStream(file.ToArray()));
            Allocation.IsZero(() =>
            {
                for (int i = 0; i < 100; i++)
                    Assert.True(reader.TryReadNext(out _));
            });
        }
    }

    [Fact]
    public void The_interfaces_are_listed()
    {
        using var reader = CaptureReader.Open(new MemoryStream(Sample("pcap").File));

        CaptureInterface only = Assert.Single(reader.Interfaces);

        Assert.Equal(new CaptureInterface(LinkType.Ethernet, 65_535, CaptureClock.Microseconds), only);
        Assert.False(reader.IsCompressed);
    }

    [Fact]
    public void A_file_that_does_not_exist_is_an_io_error() =>
        Assert.Throws<FileNotFoundException>(() => CaptureReader.Open(Path.Combine(Path.GetTempPath(), "no-such-capture.pcap")));

    private static byte[] Gzip(byte[] bytes)
    {
        var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Optimal))
            gzip.Write(bytes);
        return packed.ToArray();
    }

    /// <summary>A small file, and where each of its records ends.</summary>
    private static (byte[] File, int[] Ends) Sample(string name)
    {
        byte[] frame = [10, 20, 30, 40, 50, 60, 70];
        var file = new CaptureBytes(name.Contains("big", StringComparison.Ordinal));
        var ends = new List<int>();
        switch (name)
        {
            case "pcap" or "pcap big-endian":
                file.PcapHeader();
                Add(() => file.PcapRecord(1, 2, frame));
                Add(() => file.PcapRecord(3, 4, []));
                Add(() => file.PcapRecord(5, 6, frame, 99));
                break;
            case "kuznetzov":
                file.PcapHeader(0xa1b2cd34);
                Add(() => file.U32(5).U32(7).U32(1).U32(3).Raw(new byte[8]).Raw(42));
                Add(() => file.U32(5).U32(7).U32(1).U32(3).Raw(new byte[8]).Raw(43));
                break;
            case "pcapng" or "pcapng big-endian":
                AddSection();
                break;
            default:
                AddSection();
                AddSection();
                break;
        }
        return (file.ToArray(), [.. ends]);

        void Add(Action write)
        {
            write();
            ends.Add(file.Length);
        }

        void AddSection()
        {
            file.Section().Interface(1, 0, file.Option(9, 9));
            Add(() => file.Enhanced(0, 1, frame));
            file.Block(4, new byte[12]);
            Add(() => file.Simple(frame));
            Add(() => file.Obsolete(0, 1, frame));
        }
    }
}
