using DatapathKernels.Conntrack;
using Xunit;

namespace DatapathKernels.Tests.Conntrack;

/// <summary>The pool keeps the least useful ones it was given, and gives the least useful one first.</summary>
public class VictimPoolTests
{
    [Fact]
    public void The_least_useful_of_many_come_out_in_order_whatever_the_clock()
    {
        Random random = new(3);
        foreach (uint now in (uint[])[0, 1_000_000, uint.MaxValue - 5])
        {
            VictimPool pool = default;
            List<Victim> all = [];
            for (int id = 0; id < 100; id++)
            {
                Victim victim = new(id, random.Next(-1, 4), now + (uint)((id * 37 % 100) * 1000));
                all.Add(victim);
                pool.Add(victim, now);
            }

            Assert.Equal(VictimPool.Capacity, pool.Count);
            foreach (Victim expected in all.OrderBy(victim => victim.Rank).ThenBy(victim => victim.StampMs - now).Take(VictimPool.Capacity))
            {
                Assert.True(pool.TryTake(now, out Victim least));
                Assert.Equal(expected, least);
            }

            Assert.False(pool.TryTake(now, out _));
        }
    }
}
