using DatapathKernels.LoadBalancing;
using Xunit;

namespace DatapathKernels.Tests.LoadBalancing;

public class PlaceTagsTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(24, 2)]
    [InlineData(300, 1000)]
    public void Every_record_is_found_where_it_was_put(int records, int hashes)
    {
        // Few hashes: groups overflow, and what overflowed them comes and goes.
        Random random = new(records);
        ulong[] known = [.. Enumerable.Range(0, hashes).Select(_ => (ulong)random.NextInt64() << 1)];
        using PlaceTags tags = new(records);
        Dictionary<int, ulong> there = [];
        for (int round = 0; round < 20_000; round++)
        {
            if (there.Count < records && random.Next(3) != 0)
            {
                ulong hash = known[random.Next(hashes)];
                int free = tags.FreeIn(tags.HomeOf(hash)), place = tags.Add(hash);
                Assert.True(free == place || place >> 4 != tags.HomeOf(hash) >> 4);
                Assert.True(there.TryAdd(place, hash));
            }
            else if (there.Count > 0)
            {
                (int place, ulong hash) = there.ElementAt(random.Next(there.Count));
                tags.Remove(place, hash);
                there.Remove(place);
            }

            if (round % 50 == 0)
                Assert.All(there, record => Assert.Contains(record.Key, PlacesOf(tags, record.Value)));
        }

        foreach ((int place, ulong hash) in there)
            tags.Remove(place, hash);
        Assert.All(known, hash => Assert.False(tags.MayHold(hash)));
    }

    [Fact]
    public void Groups_of_tags_are_half_a_line()
    {
        using PlaceTags tags = new(1200);
        Assert.Equal((1600, 3200), (tags.Places, tags.MemoryBytes));
    }

    private static List<int> PlacesOf(PlaceTags tags, ulong hash)
    {
        List<int> places = [];
        int home = tags.HomeOf(hash), group = home;
        do
        {
            for (uint match = tags.Match(group, hash); match != 0; match &= match - 1)
                places.Add(group + System.Numerics.BitOperations.TrailingZeroCount(match));
            if (!tags.IsPassed(group))
                break;
            group = tags.After(group);
        }
        while (group != home);
        return places;
    }
}
