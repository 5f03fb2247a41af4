using DatapathKernels.Packets;

namespace DatapathKernels.LoadBalancing;

/// <summary>Finds connections by tuples. What it answers does not depend on which index it is.</summary>
internal abstract class IpvsConnectionIndex(IpvsConnectionStore store) : IDisposable
{
    protected IpvsConnectionStore Store { get; } = store;

    /// <summary>Its memory in bytes.</summary>
    public abstract long MemoryBytes { get; }

    /// <summary>Makes what a family needs; called when its first service comes.</summary>
    public virtual void Prepare(bool ipv6)
    {
    }

    public abstract void Insert(int id);

    public abstract void Remove(int id);

    /// <summary>The connection a packet belongs to: as a server's reply under NAT (the newest, if several fit), else as a client's packet.</summary>
    public abstract int Find(in IpvsTuple packet, out bool isReply);

    /// <summary>The template of that client (a prefix of its address), service and protocol.</summary>
    public abstract int FindTemplate(in IpvsTuple template, bool ofMark);

    /// <summary>
    /// The connections of a burst, as far as they are known before its first packet is processed: the memory works on all lookups at once, and is then
    /// asked for the connections.
    /// </summary>
    /// <param name="infos">What the packets' parse found; at most <see cref="PacketBurst.MaxCount"/>.</param>
    /// <param name="v4">Their keys.</param>
    /// <param name="v6">Their keys.</param>
    /// <param name="found">Receives one a packet.</param>
    public abstract void FindBurst(ReadOnlySpan<PacketInfo> infos, ReadOnlySpan<FlowKeyV4> v4, ReadOnlySpan<FlowKeyV6> v6, Span<IpvsFound> found);

    /// <summary>Asks the memory for what <see cref="Remove"/> will read.</summary>
    public virtual void PrefetchRemoval(int id)
    {
    }

    /// <summary>About one connection in 32, at random: the victims of the drop-entry defence.</summary>
    public abstract void Sample(ref SplitMix random, List<int> into);

    public virtual void Dispose()
    {
    }

    protected IpvsFound Find(in PacketInfo info, in FlowKeyV4 v4, in FlowKeyV6 v6)
    {
        int id = Find(IpvsTuple.Of(info, v4, v6), out bool isReply);
        return IpvsFound.Of(id, isReply);
    }

    /// <summary>Asks the memory for what packets touch of the connections found.</summary>
    protected void Prefetch(ReadOnlySpan<IpvsFound> found)
    {
        foreach (IpvsFound one in found)
        {
            if (one.IsReply)
                Store.Prefetch(one.Id);
            else if (one.Id != IpvsConnection.None)
                Store.PrefetchRequest(one.Id);
        }
    }

    protected bool IsTemplate(int id, in IpvsTuple template, bool ofMark)
    {
        ref IpvsConnection connection = ref Store[id];
        return connection.Has(IpvsConnectionFlags.Template) && connection.Has(IpvsConnectionFlags.OfMark) == ofMark && connection.Request == template;
    }
}
