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

    /// <summary>Asks the memory for what <see cref="Find"/> will read.</summary>
    public virtual void Prefetch(in IpvsTuple packet)
    {
    }

    /// <summary>About one connection in 32, at random: the victims of the drop-entry defence.</summary>
    public abstract void Sample(ref SplitMix random, List<int> into);

    public virtual void Dispose()
    {
    }

    protected bool IsTemplate(int id, in IpvsTuple template, bool ofMark)
    {
        ref IpvsConnection connection = ref Store[id];
        return connection.Has(IpvsConnectionFlags.Template) && connection.Has(IpvsConnectionFlags.OfMark) == ofMark && connection.Request == template;
    }
}
