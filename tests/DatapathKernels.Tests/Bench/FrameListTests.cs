using DatapathKernels.Bench.Input;
using DatapathKernels.Filtering;
using DatapathKernels.Packets;
using Xunit;

namespace DatapathKernels.Tests.Bench;

public class FrameListTests
{
    [Fact]
    public void Frames_come_round_and_their_headers_come_back()
    {
        FrameList frames = Frames(3);

        for (int i = 0; i < 7; i++)
        {
            Span<byte> frame = frames.TakeNext(out int index);
            Assert.Equal(i % 3, index);
            Assert.True(frame.SequenceEqual(frames.Original(index)));
            frame.Clear();
        }
    }

    [Fact]
    public void Taking_a_frame_allocates_nothing()
    {
        FrameList frames = Frames(3);
        frames.TakeNext(out _);

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1000; i++)
            frames.TakeNext(out _);

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static FrameList Frames(int count)
    {
        FrameList frames = new();
        byte[] frame = new byte[FirstPacket.MaxBytes];
        for (int i = 0; i < count; i++)
            frames.Add(frame.AsSpan(0, FirstPacket.Write(frame, IpFamily.V4, (uint)i + 1, 2, 3, 4, IpProtocol.Udp)), LinkType.Ethernet);
        frames.Seal();
        return frames;
    }
}
