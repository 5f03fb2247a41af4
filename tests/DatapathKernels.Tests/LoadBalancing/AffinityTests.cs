using System.Net;
using DatapathKernels.LoadBalancing;
using DatapathKernels.Maps;
using DatapathKernels.Packets;
using DatapathKernels.Tests.Infrastructure;
using Xunit;

namespace DatapathKernels.Tests.LoadBalancing;

/// <summary>Session affinity, the same for the addresses of either family.</summary>
public abstract class AffinityTests<TAddress>
    where TAddress : unmanaged
{
    private static readonly int[] Endpoints = [3, 1, 2];

    protected abstract TAddress Client(int number);

    [Fact]
    public void KubeProxys_timeout_slides_with_each_new_connection()
    {
        using KubeProxyAffinity<TAddress> affinity = new(4, 1000);
        Assert.Equal(-1, affinity.Find(Client(1), Endpoints, 0, 10_000));
        Assert.True(affinity.Remember(Client(1), 2, 0));
        Assert.Equal(2, affinity.Find(Client(1), Endpoints, 10_000, 10_000));
        Assert.Equal(-1, affinity.Find(Client(2), Endpoints, 10_000, 10_000));
        affinity.Remember(Client(1), 2, 10_000);
        Assert.Equal(2, affinity.Find(Client(1), Endpoints, 20_000, 10_000));
        Assert.Equal(1, affinity.Count);
        Assert.Equal(-1, affinity.Find(Client(1), Endpoints, 20_001, 10_000));
        Assert.Equal(0, affinity.Count);
    }

    [Fact]
    public void KubeProxy_asks_the_endpoints_in_the_order_of_their_rules()
    {
        using KubeProxyAffinity<TAddress> affinity = new(4, 1000);
        affinity.Remember(Client(1), 2, 5);
        affinity.Remember(Client(1), 1, 0);
        Assert.Equal(1, affinity.Find(Client(1), Endpoints, 6, 100));
        Assert.Equal(-1, affinity.Find(Client(1), [0, 3], 6, 100));
        affinity.Clear(1);
        Assert.Equal(2, affinity.Find(Client(1), Endpoints, 6, 100));
        Assert.Equal(1, affinity.Count);
    }

    [Fact]
    public void KubeProxys_lists_forget_the_least_recently_seen()
    {
        using KubeProxyAffinity<TAddress> affinity = new(2, 1000, clientsPerEndpoint: 3);
        for (int client = 1; client <= 3; client++)
            affinity.Remember(Client(client), 0, client);
        affinity.Remember(Client(1), 0, 10);
        affinity.Remember(Client(4), 0, 11);
        Assert.Equal([0, -1, 0, 0], new[] { 1, 2, 3, 4 }.Select(client => affinity.Find(Client(client), [0], 12, 100)));
        Assert.Equal((1, 3), (affinity.Evictions, affinity.Count));
    }

    [Fact]
    public void KubeProxys_full_memory_is_counted()
    {
        using KubeProxyAffinity<TAddress> affinity = new(2, 2);
        Assert.True(affinity.Remember(Client(1), 0, 0));
        Assert.True(affinity.Remember(Client(2), 0, 0));
        Assert.False(affinity.Remember(Client(3), 1, 0));
        Assert.Equal(1, affinity.Unremembered);
        Assert.True(affinity.Remember(Client(3), 0, 0));
        Assert.Equal(2, affinity.Count);
    }

    [Fact]
    public void KubeProxys_lists_follow_a_model()
    {
        Random random = new(4);
        using KubeProxyAffinity<TAddress> affinity = new(4, 1000, clientsPerEndpoint: 5, seed: 1);
        List<(int Client, long Seen)>[] model = [[], [], [], []];
        int[] chosen = new int[12];
        for (long now = 0; now < 4000; now += random.Next(3))
        {
            int client = random.Next(12), endpoint = random.Next(4);
            Assert.Equal(Find(model, client, now), affinity.Find(Client(client), Endpoints, now, 20));
            if (random.Next(3) == 0)
            {
                affinity.Remember(Client(client), endpoint, now);
                int known = model[endpoint].FindIndex(seen => seen.Client == client);
                if (known >= 0)
                    model[endpoint].RemoveAt(known);
                else if (model[endpoint].Count == 5)
                    model[endpoint].RemoveAt(0);
                model[endpoint].Add((client, now));
            }

            TAddress[] all = [.. Enumerable.Range(0, 12).Select(Client)];
            affinity.Find(all, Endpoints, now, 20, chosen);
            Assert.Equal(Enumerable.Range(0, 12).Select(c => Find(model, c, now)), chosen);
            Assert.Equal(model.Sum(list => list.Count), affinity.Count);
        }
    }

    [Fact]
    public void Ciliums_timeout_slides_with_each_use()
    {
        using CiliumAffinity<TAddress> affinity = new(100);
        affinity.AddBackend(7, 2);
        affinity.AddBackend(8, 2);
        Assert.Equal(-1, affinity.Find(Client(1), 7, 0, 10));
        affinity.Remember(Client(1), 7, 2, 0);
        Assert.Equal(2, affinity.Find(Client(1), 7, 9, 10));
        Assert.Equal(-1, affinity.Find(Client(1), 8, 9, 10));
        Assert.Equal(-1, affinity.Find(Client(2), 7, 9, 10));
        Assert.Equal(2, affinity.Find(Client(1), 7, 18, 10));
        Assert.Equal(1, affinity.Count);
        Assert.Equal(-1, affinity.Find(Client(1), 7, 28, 10));
        Assert.Equal(0, affinity.Count);
    }

    [Fact]
    public void Cilium_lets_go_of_a_backend_that_left_the_service()
    {
        using CiliumAffinity<TAddress> affinity = new(100, 2);
        Assert.Equal(MapError.Ok, affinity.AddBackend(7, 2));
        Assert.Equal(MapError.Ok, affinity.AddBackend(8, 2));
        Assert.Equal(MapError.TooBig, affinity.AddBackend(8, 3));
        affinity.Remember(Client(1), 7, 2, 0);
        affinity.Remember(Client(1), 8, 2, 0);
        Assert.Equal(MapError.Ok, affinity.RemoveBackend(7, 2));
        Assert.Equal(MapError.NotFound, affinity.RemoveBackend(7, 2));
        Assert.Equal((-1, 2), (affinity.Find(Client(1), 7, 1, 10), affinity.Find(Client(1), 8, 1, 10)));
        Assert.Equal(1, affinity.Count);
    }

    [Fact]
    public void Ciliums_bursts_equal_singles_and_its_map_evicts()
    {
        Random random = new(6);
        using CiliumAffinity<TAddress> singles = new(1000, seed: 3), bursts = new(1000, seed: 3), small = new(8);
        singles.AddBackend(7, 1);
        bursts.AddBackend(7, 1);
        for (uint now = 0; now < 300; now++)
        {
            TAddress[] clients = [.. Enumerable.Range(0, random.Next(150)).Select(_ => Client(random.Next(200)))];
            int[] found = new int[clients.Length];
            bursts.Find(clients, 7, now, 5, found);
            Assert.Equal(clients.Select(client => singles.Find(client, 7, now, 5)), found);
            for (int i = 0; i < clients.Length; i += 3)
            {
                singles.Remember(clients[i], 7, i % 2, now);
                bursts.Remember(clients[i], 7, i % 2, now);
            }

            small.Remember(Client((int)now), 7, 1, now);
        }

        Assert.Equal((8, 292), (small.Count, small.Evictions));
        Assert.Equal(singles.Count, bursts.Count);
    }

    [Fact]
    public void Neither_allocates()
    {
        using CiliumAffinity<TAddress> cilium = new(50);
        using KubeProxyAffinity<TAddress> kubeProxy = new(4, 50);
        TAddress[] clients = [.. Enumerable.Range(0, 100).Select(Client)];
        int[] found = new int[100];
        cilium.AddBackend(1, 1);
        uint now = 0;
        Allocation.IsZero(() =>
        {
            cilium.Find(clients, 1, ++now, 2, found);
            kubeProxy.Find(clients, Endpoints, now, 2, found);
            for (int i = 0; i < clients.Length; i++)
            {
                cilium.Remember(clients[i], 1, 1, now);
                kubeProxy.Remember(clients[i], i % 4, now);
            }
        });
        Assert.True(cilium.MemoryBytes > 0 && kubeProxy.MemoryBytes > 0);
    }

    [Fact]
    public void Bad_input_is_named()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new KubeProxyAffinity<TAddress>(-1, 10));
        Assert.Throws<ArgumentOutOfRangeException>(() => new KubeProxyAffinity<TAddress>(1, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new KubeProxyAffinity<TAddress>(1, 1, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new CiliumAffinity<TAddress>(1, 0));
        CiliumAffinity<TAddress> affinity = new(1);
        Assert.Throws<ArgumentException>(() => affinity.Find(new TAddress[2], 1, 1, 1, new int[1]));
        affinity.Dispose();
        Assert.Throws<ObjectDisposedException>(() => affinity.Find(Client(1), 1, 1, 1));
    }

    /// <summary>The rules' walk: the first list that has the client in time; each list that has it at all drops its oldest when that one's time is over.</summary>
    private static int Find(List<(int Client, long Seen)>[] lists, int client, long now)
    {
        foreach (int endpoint in Endpoints)
        {
            int at = lists[endpoint].FindIndex(seen => seen.Client == client);
            if (at < 0)
                continue;
            bool holds = lists[endpoint][at].Seen >= now - 20;
            if (lists[endpoint][0].Seen < now - 20)
                lists[endpoint].RemoveAt(0);
            if (holds)
                return endpoint;
        }

        return -1;
    }
}

public class AffinityV4Tests : AffinityTests<uint>
{
    protected override uint Client(int number) => (uint)number * 0x0101_0101;
}

public class AffinityV6Tests : AffinityTests<IPv6Address>
{
    protected override IPv6Address Client(int number) => new(IPAddress.Parse($"2001:db8::{number:x}").GetAddressBytes());
}
