using System.Runtime.CompilerServices;
using DatapathKernels.Memory;
using DatapathKernels.Packets;
using DatapathKernels.Tests.Infrastructure;
using Xunit;

namespace DatapathKernels.Tests.Packets;

public class PacketArenaTests
{
    [Fact]
    public void Frames_come_back_as_they_went_in()
    {
        using PacketArena arena = new(3);
        Assert.True(arena.TryAdd([1, 2, 3]));
        Assert.True(arena.TryAdd([], LinkType.Raw));
        Assert.Equal(2, arena.Count);
        Assert.Equal([1, 2, 3], arena.Frame(0).ToArray());
        Assert.True(arena.Frame(1).IsEmpty);
        Assert.Equal(LinkType.Ethernet, arena.Link(0));
        Assert.Equal(LinkType.Raw, arena.Link(1));
        arena.SetLink(0, LinkType.Ipv4);
        Assert.Equal(LinkType.Ipv4, arena.Link(0));
    }

    [Fact]
    public void A_full_arena_and_a_frame_too_large_are_refused_and_change_nothing()
    {
        using PacketArena arena = new(1, slotBytes: 128, headroomBytes: 64);
        Assert.Equal(64, arena.MaxFrameBytes);
        Assert.False(arena.TryAdd(new byte[65]));
        Assert.Equal(0, arena.Count);
        Assert.True(arena.TryAdd(new byte[64]));
        Assert.False(arena.TryAdd([1]));
        Assert.False(arena.TryReplace(0, new byte[65]));
        Assert.Equal(64, arena.Frame(0).Length);
        Assert.True(arena.TryReplace(0, [9]));
        Assert.Equal([9], arena.Frame(0).ToArray());
        arena.Clear();
        Assert.Equal(0, arena.Count);
        Assert.True(arena.TryAdd([1]));
    }

    [Fact]
    public void Pushing_and_pulling_move_the_front_within_the_slot()
    {
        using PacketArena arena = new(2, slotBytes: 256, headroomBytes: 64);
        arena.TryAdd([1, 2, 3, 4]);
        Assert.Equal((64, 188), (arena.Headroom(0), arena.Tailroom(0)));
        Assert.True(arena.TryPull(0, 2));
        Assert.Equal([3, 4], arena.Frame(0).ToArray());
        Assert.True(arena.TryPush(0, 66));
        Assert.Equal((0, 188), (arena.Headroom(0), arena.Tailroom(0)));
        Assert.Equal([1, 2, 3, 4], arena.Frame(0)[64..].ToArray());
        Assert.False(arena.TryPush(0, 1));
        Assert.False(arena.TryPush(0, -1));
        Assert.False(arena.TryPull(0, 69));
        Assert.False(arena.TryPull(0, -1));
        Assert.True(arena.TryPull(0, 68));
        Assert.True(arena.Frame(0).IsEmpty);
        Assert.True(arena.TryReplace(0, [5]));
        Assert.Equal(64, arena.Headroom(0));
    }

    [Fact]
    public void Resizing_moves_the_end_within_the_slot()
    {
        using PacketArena arena = new(1, slotBytes: 128, headroomBytes: 64);
        arena.TryAdd([1, 2]);
        Assert.True(arena.TryResize(0, 64));
        Assert.Equal(0, arena.Tailroom(0));
        Assert.Equal([1, 2], arena.Frame(0)[..2].ToArray());
        Assert.False(arena.TryResize(0, 65));
        Assert.False(arena.TryResize(0, -1));
        Assert.True(arena.TryResize(0, 0));
    }

    [Fact]
    public void A_front_cannot_be_pulled_beyond_its_16_bits()
    {
        using PacketArena arena = new(1, slotBytes: 200_000, headroomBytes: 0);
        arena.TryAdd(new byte[150_000]);
        Assert.True(arena.TryPull(0, 65_535));
        Assert.False(arena.TryPull(0, 1));
        Assert.Equal(84_465, arena.Frame(0).Length);
    }

    [Fact]
    public unsafe void Slots_start_on_cache_lines_an_odd_number_of_lines_apart()
    {
        using PacketArena arena = new(4);
        for (int i = 0; i < 4; i++)
            arena.TryAdd([1]);
        long first = (long)Unsafe.AsPointer(ref arena.Frame(0)[0]);
        long second = (long)Unsafe.AsPointer(ref arena.Frame(1)[0]);
        Assert.Equal(0, first % NativeBuffer.CacheLine);
        Assert.Equal(0, second % NativeBuffer.CacheLine);
        Assert.Equal(1, (second - first) / NativeBuffer.CacheLine % 2);
        Assert.Equal(4 * (2048 + 64) + FlowParser.BlindReadBytes + 4 * 8, arena.MemoryBytes);
        Assert.Equal(8, sizeof(FrameSlot));
    }

    [Theory]
    [InlineData(0, 2048, 128)]
    [InlineData(1, 128, 128)]
    [InlineData(1, 2048, -1)]
    [InlineData(1, 2048, 65_536)]
    [InlineData(1, -1, 0)]
    [InlineData(1, int.MaxValue, 0)]
    public void Impossible_sizes_are_refused(int capacity, int slotBytes, int headroomBytes) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new PacketArena(capacity, slotBytes, headroomBytes));

    [Fact]
    public void A_frame_that_is_not_there_is_an_error()
    {
        using PacketArena arena = new(2);
        arena.TryAdd([1]);
        Assert.Throws<ArgumentOutOfRangeException>(() => arena.Frame(1).Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => arena.Frame(-1).Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => arena.TryReplace(1, [1]));
        Assert.Throws<ArgumentOutOfRangeException>(() => arena.Burst(2).Count);
        Assert.Throws<ArgumentOutOfRangeException>(() => arena.Burst(0, 2).Count);
        Assert.Throws<ArgumentOutOfRangeException>(() => arena.Burst(0, -1).Count);
        Assert.Throws<ArgumentOutOfRangeException>(() => arena.Burst(0)[1].Length);
    }

    [Fact]
    public void Use_after_dispose_is_an_error_and_disposing_twice_is_not()
    {
        PacketArena arena = new(1);
        arena.TryAdd([1]);
        arena.Dispose();
        arena.Dispose();
        Assert.Throws<ObjectDisposedException>(() => arena.Frame(0).Length);
        Assert.Throws<ObjectDisposedException>(() => arena.TryPush(0, 1));
        Assert.Throws<ObjectDisposedException>(() => arena.TryReplace(0, [1]));
        Assert.Throws<ObjectDisposedException>(() =>
            FlowParser.ParseBurst(arena.Burst(0), 0, new FlowKeyV4[1], new FlowKeyV6[1], new PacketInfo[1]));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(64)]
    [InlineData(65)]
    [InlineData(200)]
    public void Bursts_go_through_every_frame_in_order(int frames)
    {
        using PacketArena arena = new(256, 128, 0);
        for (int i = 0; i < frames; i++)
            arena.TryAdd([(byte)i]);
        List<byte> seen = [];
        foreach (PacketBurst burst in arena.Bursts())
        {
            Assert.InRange(burst.Count, 1, PacketBurst.MaxCount);
            Assert.Equal(burst.Count, System.Numerics.BitOperations.PopCount(burst.All));
            for (int i = 0; i < burst.Count; i++)
                seen.Add(burst[i][0]);
        }

        Assert.Equal(Enumerable.Range(0, frames).Select(i => (byte)i), seen);
    }

    [Fact]
    public void Frames_are_added_and_moved_without_allocating()
    {
        using PacketArena arena = new(8);
        byte[] frame = new byte[100];
        Allocation.IsZero(() =>
        {
            arena.Clear();
            while (arena.TryAdd(frame))
            {
            }

            foreach (PacketBurst burst in arena.Bursts())
            {
                for (int i = 0; i < burst.Count; i++)
                {
                    arena.TryPush(burst.First + i, 50);
                    arena.TryPull(burst.First + i, 14);
                }
            }
        });
    }
}
