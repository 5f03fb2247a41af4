using DatapathKernels.LoadBalancing;
using Xunit;

namespace DatapathKernels.Tests.LoadBalancing;

/// <summary>The last free slots: what is worked out against a walk, to the last one.</summary>
public class MaglevFreeSlotsTests
{
    [Theory]
    [InlineData(3)]
    [InlineData(251)]
    [InlineData(65_537)]
    [InlineData(655_373)]
    public void The_nearest_is_what_a_walk_finds(int size)
    {
        Random random = new(size);
        ulong[] taken = new ulong[(size + 63) / 64];
        int count = Math.Min(size - 1, 40);
        List<uint> free = [.. Enumerable.Range(0, count).Select(_ => (uint)random.Next(size)).Distinct()];
        for (uint slot = 0; slot < size; slot++)
            taken[slot / 64] |= free.Contains(slot) ? 0 : 1UL << (int)(slot % 64);
        MaglevFreeSlots slots = new(taken, (uint)size, free.Count);
        while (free.Count > 0)
        {
            uint skip = 1 + (uint)random.Next(size - 1), from = (uint)random.Next(size), walk = from;
            while (!free.Contains(walk))
                walk = (walk + skip) % (uint)size;
            Assert.Equal(walk, slots.FirstFrom(from, skip, MaglevFreeSlots.InverseOf(skip, (uint)size)));
            slots.Remove(walk);
            free.Remove(walk);
        }
    }

    [Fact]
    public void Inverses_are_inverses()
    {
        for (uint step = 1; step < 251; step++)
            Assert.Equal(1u, step * MaglevFreeSlots.InverseOf(step, 251) % 251);
        Assert.Equal(1UL, 655_372UL * MaglevFreeSlots.InverseOf(655_372, 655_373) % 655_373);
    }
}
