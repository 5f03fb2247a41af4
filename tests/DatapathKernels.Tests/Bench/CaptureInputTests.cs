using DatapathKernels.Bench.Cli;
using DatapathKernels.Bench.Input;
using DatapathKernels.Filtering;
using DatapathKernels.Formats.Captures;
using DatapathKernels.Packets;
using DatapathKernels.Tests.Infrastructure;
using Xunit;

namespace DatapathKernels.Tests.Bench;

public sealed class CaptureInputTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("datapath-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Frames_are_counted_and_those_without_a_key_are_named()
    {
        CaptureInput capture = CaptureInput.Load(Capture());

        Assert.Equal(3, capture.Frames.Count);
        Assert.Equal(["some.pcap: 3 frames, 2 with a flow key", "some.pcap: without: 1 TruncatedLink"], capture.Notes);
    }

    [Fact]
    public void A_capture_cut_in_the_middle_is_used_up_to_the_cut_and_the_cut_is_said()
    {
        string path = Capture();
        File.WriteAllBytes(path, File.ReadAllBytes(path)[..^3]);

        CaptureInput capture = CaptureInput.Load(path);

        Assert.Equal(2, capture.Frames.Count);
        Assert.Contains("cut off", capture.Notes[^1], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(new byte[0])]
    [InlineData(new byte[] { 0xD4, 0xC3, 0xB2 })]
    [InlineData(new byte[] { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24 })]
    [InlineData(new byte[] { 0xD4, 0xC3, 0xB2, 0xA1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 1, 0, 0, 0 })]
    [InlineData(new byte[] { 0x1F, 0x8B, 8, 0, 0, 0, 0, 0 })]
    public void A_file_without_frames_is_bad_input_that_names_it(byte[] content)
    {
        string path = Path.Combine(_folder, "bad.pcap");
        File.WriteAllBytes(path, content);

        BadInputException wrong = Assert.Throws<BadInputException>(() => CaptureInput.Load(path));

        Assert.StartsWith(path, wrong.Message, StringComparison.Ordinal);
        Assert.Contains("expected", wrong.Message, StringComparison.Ordinal);
    }

    [CorpusFact]
    public void Every_capture_of_the_corpus_is_used_or_refused_in_one_line()
    {
        int used = 0, refused = 0;
        foreach (string path in Directory.GetFiles(Corpus.PathOf("pcap", "files")))
        {
            try
            {
                CaptureInput capture = CaptureInput.Load(path);
                used++;
                Assert.StartsWith($"{Path.GetFileName(path)}: {capture.Frames.Count} frames", capture.Notes[0], StringComparison.Ordinal);
            }
            catch (BadInputException wrong)
            {
                refused++;
                Assert.StartsWith(path, wrong.Message, StringComparison.Ordinal);
                Assert.Contains("expected", wrong.Message, StringComparison.Ordinal);
                Assert.DoesNotContain('\n', wrong.Message);
            }
        }

        Assert.True(used > 400, $"used {used}, refused {refused}");
    }

    private string Capture()
    {
        string path = Path.Combine(_folder, "some.pcap");
        byte[] frame = new byte[FirstPacket.MaxBytes];
        int length = FirstPacket.Write(frame, IpFamily.V4, 1, 2, 3, 4, IpProtocol.Udp);
        using CaptureWriter writer = CaptureWriter.Create(path, CaptureFormat.PcapMicroseconds, LinkType.Ethernet);
        writer.Write([1, 2, 3], 0);
        writer.Write(frame.AsSpan(0, length), 1);
        writer.Write(frame.AsSpan(0, length), 2);
        return path;
    }
}
