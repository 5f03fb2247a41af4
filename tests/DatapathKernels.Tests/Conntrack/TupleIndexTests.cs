using DatapathKernels.Conntrack;
using Xunit;

namespace DatapathKernels.Tests.Conntrack;

/// <summary>The index of links against a list of what is in it.</summary>
public class TupleIndexTests
{
    [Theory]
    [InlineData(1, 200, 7u, uint.MaxValue)]
    [InlineData(2, 200, 1u, uint.MaxValue)]
    [InlineData(3, 400, 1000u, uint.MaxValue)]
    // Nearly all in one line: the others are far behind it, more than it can count.
    [InlineData(4, 400, 50u, 1u << 24)]
    [InlineData(5, 90, 90u, 40u)]
    public void Links_go_in_and_out_as_of_a_list(int seed, int most, uint buckets, uint hashes)
    {
        Random random = new(seed);
        using TupleIndex index = new(most, buckets);
        List<(uint Hash, int Link)> all = [];
        for (int step = 0; step < 6000; step++)
        {
            if (all.Count < most && random.Next(2) == 0)
            {
                // The last line too, behind which comes the first.
                uint hash = TupleIndex.Nonzero(random.Next(8) == 0 ? uint.MaxValue : (uint)random.NextInt64(hashes));
                all.Add((hash, (step * 2) + random.Next(2)));
                index.Insert(hash, all[^1].Link);
            }
            else if (all.Count > 0)
            {
                int at = random.Next(all.Count);
                index.Remove(all[at].Hash, all[at].Link);
                index.Remove(all[at].Hash, all[at].Link);
                all.RemoveAt(at);
            }

            if (step % 50 == 0)
                Check(index, all);
        }
    }

    [Fact]
    public void The_first_link_is_the_one_a_search_begins_with()
    {
        Random random = new(9);
        using TupleIndex index = new(300, 300);
        for (int i = 0; i < 300; i++)
            index.Insert(1 + (uint)random.Next(200) * 20_000_000, i);
        for (int i = 0; i < 64; i++)
        {
            uint hash = 1 + (uint)random.Next(220) * 19_000_000;
            Assert.Equal(index.Search(hash).Next(), index.First(hash));
        }
    }

    private static void Check(TupleIndex index, List<(uint Hash, int Link)> all)
    {
        foreach (IGrouping<uint, int> same in all.GroupBy(one => one.Hash, one => one.Link))
        {
            List<int> found = [];
            TupleIndex.TupleSearch search = index.Search(same.Key);
            for (int link = search.Next(); link != TupleIndex.End; link = search.Next())
                found.Add(link);
            Assert.Equal(same.Order(), found.Order());
        }

        foreach (uint bucket in all.Select(one => index.BucketOf(one.Hash)).Append(0u).Append(index.Buckets - 1).Distinct())
        {
            List<int> found = [];
            TupleIndex.BucketWalk walk = index.Walk(bucket);
            for (int link = walk.Next(); link != TupleIndex.End; link = walk.Next())
                found.Add(link);
            Assert.Equal(all.Where(one => index.BucketOf(one.Hash) == bucket).Select(one => one.Link).Order(), found.Order());
        }
    }
}
