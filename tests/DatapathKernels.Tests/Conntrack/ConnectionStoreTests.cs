using System.Runtime.CompilerServices;
using DatapathKernels.Conntrack;
using DatapathKernels.Packets;
using DatapathKernels.Tests.Filtering;
using Xunit;

namespace DatapathKernels.Tests.Conntrack;

/// <summary>A connection is two lines, and keeps tuples of either family whatever becomes of them.</summary>
public class ConnectionStoreTests
{
    [Fact]
    public void Sizes()
    {
        Assert.Equal(Connection.Bytes, Unsafe.SizeOf<Connection>());
        Assert.Equal((18, 56), (Unsafe.SizeOf<TcpSide>(), Unsafe.SizeOf<TcpFlow>()));
        Assert.Equal(56, Unsafe.SizeOf<ProtocolState>());
    }

    [Theory]
    [InlineData("10.0.0.1", "10.0.0.2", "10.0.0.3")]
    [InlineData("2001:db8::1", "2001:db8::2", "2001:db8::3")]
    // Of both families at once: kept wide.
    [InlineData("10.0.0.1", "10.0.0.2", "2001:db8::3")]
    public void Tuples_are_those_that_were_given(string source, string destination, string answering)
    {
        using ConnectionStore store = new(4);
        FlowKeyV6 original = new(Tracking.Address(source), Tracking.Address(destination), 1, 2, IpProtocol.Tcp, 7);
        FlowKeyV6 reply = FlowKeyV6.Reverse(original), changed = ConnectionKeys.WithSource(reply, Tracking.Address(answering), 9);
        int id = store.Take();
        store.SetTuples(id, original, reply);
        Assert.Equal((original, reply), (store.OriginalOf(id), store.ReplyOf(id)));
        store.SetReply(id, changed);
        Assert.Equal((original, changed, IpProtocol.Tcp), (store.OriginalOf(id), store.ReplyOf(id), store[id].Protocol));
        Assert.True(store.Holds(id * 2, original) && store.Holds((id * 2) + 1, changed));
        Assert.False(store.Holds(id * 2, changed) || store.Holds((id * 2) + 1, reply));

        store.Free(id);
        Assert.Equal((false, original, changed), (store[id].IsLive, store.OriginalOf(id), store.ReplyOf(id)));
    }

    [Fact]
    public void Places_are_used_again_in_their_order_after_a_rest()
    {
        using ConnectionStore store = new(2);
        int first = store.Take(), second = store.Take();
        store.Free(first);
        for (int i = 0; i < ConnectionStore.Resting; i++)
        {
            int id = store.Take();
            Assert.Equal(2 + i, id);
            store.Free(id);
        }

        Assert.Equal(first, store.Take());
        Assert.False(store[first].IsLive);
        Assert.Equal(store.Capacity - 1, store.Take());
        Assert.Equal(ConnectionStore.End, store.Take());
        store.Free(second);
        Assert.Equal(2, store.Take());
    }
}
