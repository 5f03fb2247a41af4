using DatapathKernels.Diagnostics;
using DatapathKernels.Packets;

namespace DatapathKernels.Overlay;

/// <summary>
/// The path MTU to each remote tunnel endpoint, learned from ICMP "fragmentation needed" and "packet too big" and forgotten after
/// ten minutes, by the rules of Linux's <c>__ip_rt_update_pmtu</c> and <c>__ip6_rt_update_pmtu</c>.
/// </summary>
/// <remarks>
/// A report only ever lowers; a wider path is found again when the entry has expired. Time is the caller's, in milliseconds.
/// Memory is taken once: of more remotes than it holds, the newest are not remembered until others expire, and
/// <see cref="Refused"/> counts them, so a flood of forged reports costs no memory. One thread at a time.
/// </remarks>
public sealed class PathMtuCache
{
    /// <summary>Linux's <c>ip_rt_mtu_expires</c>.</summary>
    public const long DefaultLifetimeMs = 600_000;

    /// <summary>Linux's <c>ip_rt_min_pmtu</c>: 512 bytes and the headers of TCP over IPv4.</summary>
    public const int MinMtuV4 = 552;

    private readonly Dictionary<IPv6Address, PathMtu> _entries;
    private readonly List<IPv6Address> _expired;
    private readonly int _capacity, _linkMtu;
    private readonly long _lifetimeMs;

    /// <summary>Makes an empty cache.</summary>
    /// <param name="linkMtu">The MTU of the link to all of them, bytes: what holds where nothing was learned.</param>
    /// <param name="capacity">Remotes remembered at most.</param>
    /// <param name="lifetimeMs">How long a report counts.</param>
    /// <exception cref="ArgumentOutOfRangeException">An MTU below 68 (RFC 791) or above 65,535, no capacity, or no lifetime.</exception>
    public PathMtuCache(int linkMtu, int capacity, long lifetimeMs = DefaultLifetimeMs)
    {
        if (linkMtu is < 68 or > ushort.MaxValue)
            Throw.OutOfRange(nameof(linkMtu), linkMtu, "68 to 65535 bytes");
        if (capacity <= 0)
            Throw.OutOfRange(nameof(capacity), capacity, "at least one remote");
        if (lifetimeMs <= 0)
            Throw.OutOfRange(nameof(lifetimeMs), lifetimeMs, "at least a millisecond");
        _linkMtu = linkMtu;
        _capacity = capacity;
        _lifetimeMs = lifetimeMs;
        _entries = new Dictionary<IPv6Address, PathMtu>(capacity);
        _expired = new List<IPv6Address>(capacity);
    }

    /// <summary>Remotes remembered, expired ones included until their room is needed.</summary>
    public int Count => _entries.Count;

    /// <summary>Reports that found no room.</summary>
    public long Refused { get; private set; }

    /// <summary>The path MTU to a remote: what was learned, or that of the link.</summary>
    /// <param name="remote">As on the wire; IPv4 in the first four bytes, see <see cref="FlowKeyV4"/>.</param>
    /// <param name="nowMs">The time.</param>
    public PathMtu Find(in IPv6Address remote, long nowMs) =>
        _entries.TryGetValue(remote, out PathMtu known) && nowMs < known.ExpiresMs ? known : new PathMtu(_linkMtu, false, long.MaxValue);

    /// <summary>Takes a report that a packet to a remote was too big.</summary>
    /// <param name="remote">The remote it was sent to.</param>
    /// <param name="ipv6">The family of that address.</param>
    /// <param name="reportedMtu">
    /// The next-hop MTU of the report.
    /// Below 552 (IPv4) the path is locked at that, and further reports are ignored until it expires; below 1,280 (IPv6) the report is ignored (RFC 8201, section 4).
    /// </param>
    /// <param name="nowMs">The time.</param>
    /// <returns>True when the path MTU is lower now, or counts for longer.</returns>
    public bool Report(in IPv6Address remote, bool ipv6, int reportedMtu, long nowMs)
    {
        PathMtu old = Find(remote, nowMs);
        if (ipv6 ? reportedMtu < TooBigBuilder.MinMtuV6 || reportedMtu >= old.Bytes : old.Locked || reportedMtu > old.Bytes)
            return false;
        bool locked = !ipv6 && reportedMtu < MinMtuV4;
        int mtu = locked ? Math.Min(old.Bytes, MinMtuV4) : reportedMtu;

        // What is known already counts for longer in the second half of its time; the link's MTU never needs to.
        if (mtu == old.Bytes && !locked && nowMs < old.ExpiresMs - (_lifetimeMs / 2))
            return false;
        if (!_entries.ContainsKey(remote) && !MakeRoom(nowMs))
        {
            Refused++;
            return false;
        }

        _entries[remote] = new PathMtu(mtu, locked, nowMs + _lifetimeMs);
        return true;
    }

    /// <summary>Forgets every entry that has expired; worth calling now and then, else done when the cache is full.</summary>
    /// <param name="nowMs">The time.</param>
    /// <returns>How many.</returns>
    public int Expire(long nowMs)
    {
        _expired.Clear();
        foreach (KeyValuePair<IPv6Address, PathMtu> entry in _entries)
        {
            if (nowMs >= entry.Value.ExpiresMs)
                _expired.Add(entry.Key);
        }

        foreach (IPv6Address remote in _expired)
            _entries.Remove(remote);
        return _expired.Count;
    }

    private bool MakeRoom(long nowMs) => _entries.Count < _capacity || Expire(nowMs) > 0;
}
