using System.Net;
using DatapathKernels.LoadBalancing;
using DatapathKernels.Packets;
using DatapathKernels.Tests.Infrastructure;
using Xunit;

namespace DatapathKernels.Tests.LoadBalancing;

public class MaglevTests
{
    [Theory]
    [InlineData(2)]
    [InlineData(100)]
    [InlineData(655)]
    public void Shares_differ_by_less_than_one_percent_above_100_slots_a_backend(int backends)
    {
        double even = (double)PaperMaglev.SmallSize / backends;
        foreach (int count in PaperMaglev.Build(Names(backends)).SlotCounts())
            Assert.InRange(count, even * 0.99, even * 1.01);
    }

    [Theory]
    [InlineData(10)]
    [InlineData(100)]
    public void A_leaving_backend_moves_little_more_than_its_own_share(int backends)
    {
        string[] names = Names(backends);
        CiliumBackend[] ciliums = [.. Enumerable.Range(1, backends).Select(i => new CiliumBackend(new IPAddress([10, 0, 0, (byte)i]), 80, IpProtocol.Tcp))];
        CiliumMaglev cilium = new();
        for (int leaving = 0; leaving < backends; leaving += 7)
        {
            int[] survivors = [.. Enumerable.Range(0, backends).Select(i => i == leaving ? -1 : i < leaving ? i : i - 1)];
            MaglevDisruption paper = MaglevDisruption.Between(
                PaperMaglev.Build(names), PaperMaglev.Build([.. names.Where((_, i) => i != leaving)]), survivors);
            MaglevDisruption ours = MaglevDisruption.Between(
                cilium.Build(ciliums), cilium.Build([.. ciliums.Where((_, i) => i != leaving)]), survivors);
            Assert.InRange(paper.Forced, 0.99 / backends, 1.01 / backends);
            Assert.InRange(paper.Needless, 0, 0.02);
            Assert.InRange(ours.Needless, 0, 0.02);
        }
    }

    [Fact]
    public void The_order_of_backends_does_not_matter_to_Cilium()
    {
        CiliumBackend[] backends = [.. Enumerable.Range(1, 20).Select(i => new CiliumBackend(new IPAddress([10, 0, 0, (byte)i]), 80, IpProtocol.Tcp, (uint)i))];
        CiliumMaglev maglev = new();
        MaglevTable forward = maglev.Build(backends, 1021), backward = maglev.Build([.. backends.Reverse()], 1021);
        for (int slot = 0; slot < 1021; slot++)
            Assert.Equal(backends[forward[slot]], backends[19 - backward[slot]]);
    }

    [Fact]
    public void Affinity_leaves_out_the_clients_port_and_nothing_else()
    {
        CiliumMaglev maglev = new();
        FlowKeyV4 key = new(0x0100000a, 1, 1000, 80, IpProtocol.Tcp), otherPort = new(0x0100000a, 1, 2000, 80, IpProtocol.Tcp), otherClient = new(0x0200000a, 1, 1000, 80, IpProtocol.Tcp);
        Assert.NotEqual(maglev.Hash(key), maglev.Hash(otherPort));
        Assert.Equal(maglev.Hash(key, affinity: true), maglev.Hash(otherPort, affinity: true));
        Assert.NotEqual(maglev.Hash(key, affinity: true), maglev.Hash(otherClient, affinity: true));
        FlowKeyV6 key6 = new(Address("fd00::1"), default, 1000, 80, IpProtocol.Tcp), otherPort6 = new(Address("fd00::1"), default, 2000, 80, IpProtocol.Tcp);
        Assert.NotEqual(maglev.Hash(key6), maglev.Hash(otherPort6));
        Assert.Equal(maglev.Hash(key6, affinity: true), maglev.Hash(otherPort6, affinity: true));
    }

    [Fact]
    public void Bursts_equal_singles_and_allocate_nothing()
    {
        CiliumMaglev cilium = new();
        MaglevTable table = cilium.Build([.. Enumerable.Range(1, 5).Select(i => new CiliumBackend(new IPAddress([10, 0, 0, (byte)i]), 80, IpProtocol.Tcp))]);
        MaglevTable ring = KatranMaglev.Build([new(5, 1), new(6, 2), new(7, 1)]);
        Random random = new(1);
        FlowKeyV4[] keys = [.. Enumerable.Range(0, 200).Select(_ => new FlowKeyV4((uint)random.Next(), 1, (ushort)random.Next(), 80, IpProtocol.Tcp))];
        FlowKeyV6[] keys6 = [.. keys.Select(k => new FlowKeyV6(Address($"fd00::{k.SourceBe & 0xffff:x}"), default, k.SourcePortBe, 80, IpProtocol.Udp))];
        int[] backends = new int[200], backends6 = new int[200];
        for (int length = 0; length <= 200; length++)
        {
            cilium.Lookup(table, keys.AsSpan(0, length), backends);
            cilium.Lookup(table, keys6.AsSpan(0, length), backends6);
            for (int i = 0; i < length; i++)
                Assert.Equal((table.Lookup(cilium.Hash(keys[i])), table.Lookup(cilium.Hash(keys6[i]))), (backends[i], backends6[i]));
            KatranMaglev.Lookup(ring, keys.AsSpan(0, length), backends);
            KatranMaglev.Lookup(ring, keys6.AsSpan(0, length), backends6);
            for (int i = 0; i < length; i++)
                Assert.Equal((ring.Lookup(KatranMaglev.Hash(keys[i])), ring.Lookup(KatranMaglev.Hash(keys6[i]))), (backends[i], backends6[i]));
        }

        Allocation.IsZero(() => cilium.Lookup(table, keys, backends));
    }

    [Fact]
    public void Remainders_are_exact()
    {
        Random random = new(2);
        foreach (uint size in (uint[])[1, 2, 3, 7, 251, 16_381, 65_537, 655_373, uint.MaxValue])
        {
            ulong reciprocal = MaglevTable.Reciprocal(size);
            foreach (uint value in (uint[])[0, 1, size - 1, size, uint.MaxValue - 1, uint.MaxValue, .. Enumerable.Range(0, 1000).Select(_ => (uint)random.NextInt64(1L << 32))])
                Assert.Equal(value % size, size == 1 ? 0 : (uint)MaglevTable.Remainder(value, size, reciprocal));
        }
    }

    [Fact]
    public void Bad_input_is_named()
    {
        Assert.Contains("prime", Assert.Throws<ArgumentOutOfRangeException>(() => PaperMaglev.Build(["a"], 65_536)).Message, StringComparison.Ordinal);
        Assert.Contains("16381", Assert.Throws<ArgumentOutOfRangeException>(() => new CiliumMaglev().Build([], 16_382)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => new CiliumMaglev("too short"));
        Assert.Throws<ArgumentOutOfRangeException>(() => PaperMaglev.Build([new MaglevPermutation(0, 0)], 7));
        Assert.Equal(MaglevTable.NoBackend, new CiliumMaglev().Build([]).Lookup(7));
        Assert.Equal(MaglevTable.NoBackend, KatranMaglev.BuildV2([]).Lookup(7));
    }

    private static string[] Names(int count) => [.. Enumerable.Range(0, count).Select(i => $"backend-{i}")];

    private static IPv6Address Address(string text) => new(IPAddress.Parse(text).GetAddressBytes());
}
