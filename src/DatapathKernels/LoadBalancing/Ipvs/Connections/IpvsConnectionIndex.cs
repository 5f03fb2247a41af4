using DatapathKernels.Packets;

namespace DatapathKernels.LoadBalancing;

/// <summary>Finds connections by tuples. What it answers does not depend on which index it is.</summary>
internal abstract class IpvsConnectionIndex(IpvsConnectionStore store) : IDisposable
{
    public IpvsConnectionStore Store { get; } = store;

    /// <summary>Its memory in bytes, without the store's.</summary>
    public abstract long MemoryBytes { get; }

    /// <summary>Makes a connection findable; everything of it is filled in.</summary>
    public abstract void Insert(int id);

    /// <summary>Takes a connection out and gives its place back.</summary>
    public abstract void Remove(int id);

    /// <summary>The connection a packet belongs to: as a server's reply under NAT (the newest, if several fit), else as a client's packet.</summary>
    public abstract int Find(in IpvsTuple packet, out bool isReply);

    /// <summary>The template of that client (a prefix of its address), service and protocol.</summary>
    public abstract int FindTemplate(in IpvsTuple template, bool ofMark);

    /// <summary>
    /// Begins a burst: the memory works on all lookups at once, and is then asked for the connections.
    /// </summary>
    /// <param name="infos">What the packets' parse found; at most <see cref="PacketBurst.MaxCount"/>.</param>
    /// <param name="v4">Their keys.</param>
    /// <param name="v6">Their keys.</param>
    public abstract void FindBurst(ReadOnlySpan<PacketInfo> infos, ReadOnlySpan<FlowKeyV4> v4, ReadOnlySpan<FlowKeyV6> v6);

    /// <summary>The connection of a packet of the burst begun last: the answer of <see cref="Find(in IpvsTuple, out bool)"/> at this moment.</summary>
    /// <param name="packet">Its number in the burst.</param>
    /// <param name="info">What its parse found.</param>
    /// <param name="v4">Its key.</param>
    /// <param name="v6">Its key.</param>
    public abstract IpvsFound Found(int packet, in PacketInfo info, in FlowKeyV4 v4, in FlowKeyV6 v6);

    /// <summary>Asks the memory for what <see cref="Remove"/> will read.</summary>
    public virtual void PrefetchRemoval(int id)
    {
    }

    /// <summary>About one connection in 32, at random: the victims of the drop-entry defence.</summary>
    public abstract void Sample(ref SplitMix random, List<int> into);

    public virtual void Dispose() => Store.Dispose();

    protected IpvsFound Find(in PacketInfo info, in FlowKeyV4 v4, in FlowKeyV6 v6)
    {
        int id = Find(IpvsTuple.Of(info, v4, v6), out bool isReply);
        return IpvsFound.Of(id, isReply && id != IpvsConnection.None);
    }

    protected bool IsTemplate(int id, in IpvsTuple template, bool ofMark)
    {
        ref IpvsConnection connection = ref Store[id];
        return connection.Has(IpvsConnectionFlags.Template) && connection.Has(IpvsConnectionFlags.OfMark) == ofMark && connection.Request == template;
    }
}
