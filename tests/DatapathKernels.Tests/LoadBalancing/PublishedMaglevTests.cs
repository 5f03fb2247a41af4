using DatapathKernels.LoadBalancing;
using DatapathKernels.Tests.Infrastructure;
using Xunit;

namespace DatapathKernels.Tests.LoadBalancing;

public class PublishedMaglevTests
{
    [Fact]
    public void Readers_see_whole_generations_while_others_publish()
    {
        // Every backend carries the number of its generation: a mixture of two would show in one burst.
        PublishedMaglev<(int Generation, int Place)> service = new(Table(3), Backends(0, 3));
        const int readers = 3, generations = 400;
        Exception? failure = null;
        using Barrier start = new(readers + 1);
        long bursts = 0;
        bool done = false;
        Thread[] threads = [.. Enumerable.Range(0, readers).Select(seed => new Thread(() =>
        {
            try
            {
                Read(service, seed, start, () => Volatile.Read(ref done), ref bursts);
            }
            catch (Exception e)
            {
                failure = e;
            }
        }))];
        foreach (Thread thread in threads)
            thread.Start();
        start.SignalAndWait();
        MaglevTable[] tables = [.. Enumerable.Range(1, 5).Select(Table)];
        for (int generation = 1; generation <= generations; generation++)
        {
            int count = 1 + (generation % 5);
            Assert.Equal(generation, service.Publish(tables[count - 1], Backends(generation, count)).Number);
            if (generation % 20 == 0)
                Thread.Yield();
        }

        while (Interlocked.Read(ref bursts) < 100 && failure is null)
            Thread.Yield();
        Volatile.Write(ref done, true);
        foreach (Thread thread in threads)
            thread.Join();
        Assert.Null(failure);
        Assert.Equal(0, service.Unserved);
    }

    [Fact]
    public void Writers_at_once_lose_no_number()
    {
        PublishedMaglev<int> service = new(Table(2), [1, 2]);
        Thread[] writers = [.. Enumerable.Range(0, 4).Select(_ => new Thread(() =>
        {
            for (int i = 0; i < 100; i++)
                service.Publish(service.Current.Table, service.Current.Backends);
        }))];
        foreach (Thread writer in writers)
            writer.Start();
        foreach (Thread writer in writers)
            writer.Join();
        Assert.Equal(400, service.Current.Number);
    }

    [Fact]
    public void Bursts_equal_singles_and_allocate_nothing()
    {
        PublishedMaglev<int> service = new(Table(7), [10, 11, 12, 13, 14, 15, 16]);
        Random random = new(5);
        uint[] hashes = [.. Enumerable.Range(0, 150).Select(_ => (uint)random.NextInt64(1L << 32))];
        int[] backends = new int[150];
        for (int length = 0; length <= hashes.Length; length++)
        {
            Assert.Equal(MaglevStatus.Ok, service.Lookup(hashes.AsSpan(0, length), backends));
            for (int i = 0; i < length; i++)
            {
                Assert.Equal(MaglevStatus.Ok, service.Lookup(hashes[i], out int backend));
                Assert.Equal(backend, backends[i]);
            }
        }

        Allocation.IsZero(() => service.Lookup(hashes, backends));
    }

    [Fact]
    public void A_service_without_backends_says_so_and_counts()
    {
        PublishedMaglev<int> service = new(Table(1), [5]);
        MaglevGeneration<int> old = service.Current;
        service.Publish(Table(0), []);
        Assert.Equal(MaglevStatus.NoBackend, service.Lookup(1, out int backend));
        Assert.Equal(0, backend);
        int[] backends = [9, 9, 9, 9];
        Assert.Equal(MaglevStatus.NoBackend, service.Lookup([1u, 2u, 3u], backends));
        Assert.Equal([0, 0, 0, 9], backends);
        Assert.Equal(4, service.Unserved);
        Assert.Equal(MaglevStatus.Ok, old.Lookup(1, out backend));
        Assert.Equal(5, backend);
    }

    [Fact]
    public void Bad_input_is_named()
    {
        Assert.Throws<ArgumentException>(() => new PublishedMaglev<int>(Table(2), [1]));
        PublishedMaglev<int> service = new(Table(2), [1, 2]);
        Assert.Throws<ArgumentException>(() => service.Lookup(new uint[3], new int[2]));
        Assert.Equal(0, service.Current.Number);
    }

    private static void Read(PublishedMaglev<(int Generation, int Place)> service, int seed, Barrier start, Func<bool> isDone, ref long bursts)
    {
        Random random = new(seed);
        uint[] hashes = new uint[100];
        (int Generation, int Place)[] found = new (int, int)[100];
        start.SignalAndWait();
        int last = 0;
        while (!isDone())
        {
            for (int i = 0; i < hashes.Length; i++)
                hashes[i] = (uint)random.NextInt64(1L << 32);
            Assert.Equal(MaglevStatus.Ok, service.Lookup(hashes, found));
            int generation = found[0].Generation, most = generation == 0 ? 3 : 1 + (generation % 5);
            Assert.True(generation >= last, "a reader went back in time");
            Assert.All(found, backend => Assert.Equal((generation, true), (backend.Generation, backend.Place < most)));
            last = generation;
            Interlocked.Increment(ref bursts);
        }
    }

    private static (int Generation, int Place)[] Backends(int generation, int count) => [.. Enumerable.Range(0, count).Select(place => (generation, place))];

    private static MaglevTable Table(int backends) => KatranMaglev.Build([.. Enumerable.Range(0, backends).Select(i => new KatranBackend((ulong)i))], 251);
}
