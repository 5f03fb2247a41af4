using DatapathKernels.Diagnostics;
using DatapathKernels.Packets;

namespace DatapathKernels.Conntrack;

/// <summary>
/// One <see cref="ConntrackTable"/> a worker, without locks: every packet goes to the worker of its flow, by a hash that is the same in both directions.
/// </summary>
/// <remarks>
/// <para>
/// <b>Translations.</b> The answers to a translated connection come with another tuple, which has to fall on the same worker. So a source port (or ICMP identifier) counts as free only if it
/// leads there: <see cref="ConntrackTable.Bind"/> of the source chooses such a one, of n on average every n-th. A translated destination's port cannot
/// be chosen; it is the binding of the source after it, be it to nothing, that makes up for it, as it does in the kernel for a port that is taken. Bind both sides, the
/// destination first, as the kernel's hooks do; a connection whose answers would go elsewhere is not confirmed and counts in <see cref="ConntrackTable.InsertFailed"/>. That is
/// the lot of protocols without ports, and of a source range of few ports.
/// </para>
/// <para>
/// <b>The same as one table</b> in all answers, but for those ports, and for room: each worker has an equal share of it. The workers' clocks need not agree: no two share a connection.
/// <see cref="ConntrackOptions.PortDraws"/> is called by all workers and has to bear it.
/// </para>
/// </remarks>
public sealed class ShardedConntrack : IDisposable
{
    /// <summary>The most workers.</summary>
    public const int MaxShards = 256;

    private readonly ConntrackTable[] _tables;
    private readonly ShardMap _map;

    /// <summary>Makes empty tables.</summary>
    /// <param name="options">As of one table; <see cref="ConntrackOptions.Max"/>, <see cref="ConntrackOptions.Places"/> and <see cref="ConntrackOptions.Buckets"/> are shared out, rounded up.</param>
    /// <param name="shards">Workers, 1 to <see cref="MaxShards"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number out of its range.</exception>
    public ShardedConntrack(ConntrackOptions options, int shards)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (shards is < 1 or > MaxShards)
            Throw.OutOfRange(nameof(shards), shards, $"expected 1 to {MaxShards} workers");
        _map = new ShardMap(shards);
        ConntrackOptions share = options with { Max = Share(options.Max, shards), Places = Share(options.Places, shards), Buckets = Share(options.Buckets, shards) };
        _tables = new ConntrackTable[shards];
        for (int shard = 0; shard < shards; shard++)
            _tables[shard] = new ConntrackTable(share, _map, shard);
    }

    /// <summary>Workers.</summary>
    public int Shards => _tables.Length;

    /// <summary>Connections in all tables. Exact while no worker runs.</summary>
    public int Count
    {
        get
        {
            int count = 0;
            foreach (ConntrackTable table in _tables)
                count += table.Count;
            return count;
        }
    }

    /// <summary>All native memory, bytes.</summary>
    public long MemoryBytes
    {
        get
        {
            long bytes = 0;
            foreach (ConntrackTable table in _tables)
                bytes += table.MemoryBytes;
            return bytes;
        }
    }

    /// <summary>A worker's own table: one thread at a time.</summary>
    public ConntrackTable this[int shard] => _tables[shard];

    /// <summary>The worker of a flow, whichever its direction. Any thread.</summary>
    /// <param name="key">A packet's key, IPv4 by <see cref="ConntrackTable.KeyOf"/>.</param>
    public int ShardOf(in FlowKeyV6 key) => _map.Of(key);

    /// <summary>The worker of a packet: of its flow, or of the flow that an ICMP error quotes. Any thread.</summary>
    /// <param name="frame">The frame.</param>
    /// <param name="info">What its parse found.</param>
    /// <param name="key">Its key, IPv4 by <see cref="ConntrackTable.KeyOf"/>.</param>
    public int ShardOf(ReadOnlySpan<byte> frame, in PacketInfo info, in FlowKeyV6 key)
    {
        if (!info.HasKey)
            return 0;
        if (!IsError(frame, info, key.Protocol))
            return _map.Of(key);
        QuotedPacketParser.Parse(frame, info, key.Zone, out FlowKeyV4 v4, out FlowKeyV6 v6, out PacketInfo quoted);
        if (!quoted.HasKey)
            return _map.Of(key);
        return _map.Of((quoted.Flags & PacketFlags.Ipv4) != 0 ? ConnectionKeys.Of(v4) : v6);
    }

    /// <summary>Gives the memory back.</summary>
    public void Dispose()
    {
        foreach (ConntrackTable table in _tables)
            table.Dispose();
    }

    private static bool IsError(ReadOnlySpan<byte> frame, in PacketInfo info, IpProtocol protocol)
    {
        if ((info.Flags & PacketFlags.Transport) == 0 || info.L4Length == 0)
            return false;
        byte type = frame[info.L4Offset];
        return (protocol == IpProtocol.Icmp && QuotedPacketParser.IsIcmpError(type)) || (protocol == IpProtocol.IcmpV6 && QuotedPacketParser.IsIcmpV6Error(type));
    }

    private static int Share(int all, int shards) => (int)(((long)all + shards - 1) / shards);
}
