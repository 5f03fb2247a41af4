using DatapathKernels.Hashing;

namespace DatapathKernels.LoadBalancing;

/// <summary>
/// <c>dh</c> and <c>sh</c> (<c>ip_vs_dh.c</c>, <c>ip_vs_sh.c</c>): 256 buckets dealt out to the servers in list order, around and around,
/// and a multiplicative hash that picks one.
/// </summary>
internal sealed class HashBuckets
{
    private const int Bits = 8, Count = 1 << Bits;
    private const short Empty = -1;

    // Positions in the list; the buckets are dealt anew whenever it changes.
    private readonly short[] _buckets = new short[Count];

    public HashBuckets() => Array.Fill(_buckets, Empty);

    /// <summary>The server of each bucket, as its position; -1 for none.</summary>
    public ReadOnlySpan<short> Buckets => _buckets;

    /// <summary>Deals one bucket a server (<c>dh</c>).</summary>
    public void DealEvenly(ServerColumns servers)
    {
        for (int bucket = 0; bucket < Count; bucket++)
            _buckets[bucket] = servers.Count == 0 ? Empty : (short)(bucket % servers.Count);
    }

    /// <summary>
    /// Deals each server as many buckets in a row as its weight says, and one to those of weight 0 (<c>sh</c>): with weights
    /// above 256 the later servers get none.
    /// </summary>
    public void DealByWeight(ServerColumns servers)
    {
        Array.Fill(_buckets, Empty);
        for (int bucket = 0, position = 0; bucket < Count && servers.Count > 0; position = (position + 1) % servers.Count)
        {
            int share = Math.Min(Math.Max(servers.Weights[position], 1), Count - bucket);
            _buckets.AsSpan(bucket, share).Fill((short)position);
            bucket += share;
        }
    }

    /// <summary><c>dh</c>: the server of the destination's bucket, if it is usable.</summary>
    public int ByDestination(ServerColumns servers, uint destination) => UsableIn(servers, GoldenHash.Hash32(destination, Bits));

    /// <summary><c>sh</c>: the server of the client's bucket, if it is usable; with fallback else the first usable one by rehashing.</summary>
    public int BySource(ServerColumns servers, in SchedulingKey key, SchedulerFlags flags)
    {
        uint port = (flags & SchedulerFlags.Port) != 0 ? key.ClientPort : 0u;
        uint hash = GoldenHash.Hash32(port + key.Client, Bits);
        int position = UsableIn(servers, hash);
        return position >= 0 || (flags & SchedulerFlags.Fallback) == 0 ? position : Fallback(servers, hash);
    }

    /// <summary>
    /// The kernel adds the offset twice: the bucket of offset o is hash + o, and the offsets start at the hash. So the first
    /// bucket looked at is twice the hash.
    /// </summary>
    private int Fallback(ServerColumns servers, uint hash)
    {
        if (_buckets[hash] == Empty)
            return -1;
        for (uint offset = 0; offset < Count; offset++)
        {
            int position = UsableIn(servers, ((2 * hash) + offset) % Count);
            if (position >= 0)
                return position;
        }

        return -1;
    }

    private int UsableIn(ServerColumns servers, uint bucket)
    {
        int position = _buckets[bucket];
        return position >= 0 && servers.Usable[position] > 0 ? position : -1;
    }
}
