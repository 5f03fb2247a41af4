using DatapathKernels.LoadBalancing;
using Xunit;

namespace DatapathKernels.Tests.LoadBalancing;

public class ChainHeadsTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(24, 2)]
    [InlineData(300, 1000)]
    public void Every_head_is_found_until_it_is_taken_out(int chains, int hashes)
    {
        // Few hashes: lines overflow, and what overflowed them comes and goes.
        Random random = new(chains);
        ulong[] known = [.. Enumerable.Range(0, hashes).Select(_ => (ulong)random.NextInt64() << 1)];
        using ChainHeads heads = new(chains);
        Dictionary<int, ulong> there = [];
        for (int round = 0; round < 20_000; round++)
        {
            int what = random.Next(4);
            if (there.Count < chains && what < 2)
            {
                ulong hash = known[random.Next(hashes)];
                there.Add(round, hash);
                heads.Add(hash, round);
            }
            else if (there.Count > 0)
            {
                (int head, ulong hash) = there.ElementAt(random.Next(there.Count));
                there.Remove(head);
                if (what == 2)
                {
                    heads.Replace(hash, head, round);
                    there.Add(round, hash);
                }
                else
                    heads.Remove(hash, head);
            }

            if (round % 50 == 0)
                Assert.All(there, entry => Assert.Contains(entry.Key, Found(heads, entry.Value)));
        }

        Assert.Equal(there.Keys.Order(), Enumerable.Range(0, heads.Lines).SelectMany(line => In(heads, line)).Order());
        foreach ((int head, ulong hash) in there)
            heads.Remove(hash, head);
        Assert.All(known, hash => Assert.Empty(Found(heads, hash)));
        Assert.All(Enumerable.Range(0, heads.Lines), line => Assert.False(heads.IsPassed(line)));
    }

    [Fact]
    public void The_first_of_a_home_is_found_by_a_look_at_its_line()
    {
        using ChainHeads heads = new(100);
        ulong hash = 0x8000_0000_0000_1234;
        Assert.Equal(IpvsConnection.None, heads.FirstIn(heads.HomeOf(hash), hash));
        heads.Add(hash, 7);
        Assert.Equal(7, heads.FirstIn(heads.HomeOf(hash), hash));
        Assert.Equal(IpvsConnection.None, heads.FirstIn(heads.HomeOf(hash), hash ^ 0x100));
    }

    [Fact]
    public void Seven_heads_a_line_are_room_enough()
    {
        using ChainHeads heads = new(700);
        Assert.Equal((100, 6400), (heads.Lines, heads.MemoryBytes));
    }

    private static List<int> Found(ChainHeads heads, ulong hash)
    {
        List<int> found = [];
        ChainHeads.HeadSearch search = heads.Search(hash);
        for (int head = search.Next(); head != IpvsConnection.None; head = search.Next())
            found.Add(head);
        return found;
    }

    private static IEnumerable<int> In(ChainHeads heads, int line) =>
        Enumerable.Range(0, ChainHeads.SlotsPerLine).Select(slot => heads.HeadAt(line, slot)).Where(head => head != IpvsConnection.None);
}
