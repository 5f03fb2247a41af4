using DatapathKernels.Diagnostics;
using DatapathKernels.Packets;

namespace DatapathKernels.Filtering;

/// <summary>
/// An ipset: a set that rules ask with <c>-m set --match-set</c> and change with <c>-j SET</c>. Shared by every matcher
/// that was given its collection, as in the kernel. Time is the caller's.
/// </summary>
/// <remarks>
/// Asking is one hash lookup, for networks one for each prefix length in the set, and allocates nothing. Safe for one
/// thread that changes it, or for any number that ask, not for both at once.
/// </remarks>
public sealed partial class IpSet
{
    private readonly IpSetTable _elements = new();
    private readonly List<IpSet> _members = [];
    private readonly int[] _prefixCounts = new int[129];
    private readonly byte[] _prefixes = new byte[129];
    private int _prefixKinds;

    /// <summary>Makes an empty set.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="kind">Its type.</param>
    /// <param name="family">The family of its addresses; bitmaps of addresses are IPv4.</param>
    /// <param name="options">Limits and times; null for the defaults of ipset.</param>
    public IpSet(string name, IpSetKind kind, IpFamily family = IpFamily.V4, IpSetOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        Name = name;
        Kind = kind;
        Family = family;
        Options = options ?? new IpSetOptions { Last = kind == IpSetKind.BitmapPort ? ushort.MaxValue : uint.MaxValue };
        if (kind == IpSetKind.BitmapIp && family != IpFamily.V4)
            Throw.Argument(nameof(family), "bitmap:ip holds IPv4 addresses only");
        if (Options.MaxElements < 1)
            Throw.OutOfRange(nameof(options), Options.MaxElements, "a set holds at least one entry");
        if (Options.NetMask is { } bits && (bits == 0 || bits > IpNetwork.Bits(family)))
            Throw.OutOfRange(nameof(options), bits, "a netmask of 1 to 32 bits, or 128");
    }

    /// <summary>Its name.</summary>
    public string Name { get; }

    /// <summary>Its type.</summary>
    public IpSetKind Kind { get; }

    /// <summary>The family of its addresses. Sets without addresses serve both.</summary>
    public IpFamily Family { get; }

    /// <summary>What it was made with.</summary>
    public IpSetOptions Options { get; }

    /// <summary>Entries, those included whose time is over and that nobody met since; for a list its members.</summary>
    public int Count => Kind == IpSetKind.ListSet ? _members.Count : _elements.Count;

    /// <summary>The entries, in no order.</summary>
    public IReadOnlyCollection<IpSetElement> Elements => _elements.Values;

    /// <summary>The sets of a list, in order.</summary>
    public IReadOnlyList<IpSet> Members => _members;

    /// <summary>Parts a packet must give: directions that a rule has to name at least.</summary>
    public int Dimension => Kind switch
    {
        IpSetKind.HashIpPort or IpSetKind.HashNetPort => 2,
        IpSetKind.HashIpPortIp or IpSetKind.HashIpPortNet => 3,
        _ => 1,
    };

    /// <summary>Moves on with every change: what was asked before may be answered otherwise.</summary>
    internal uint Changes { get; private set; }

    /// <summary>True while no entry's time can be over: answers are the same at any time.</summary>
    internal bool IsTimeless { get; private set; } = true;

    /// <summary>Adds an entry.</summary>
    /// <param name="entry">The entry.</param>
    /// <param name="nowMs">The time, on the clock of <see cref="PacketMeta.NowMs"/>.</param>
    /// <param name="timeoutSeconds">How long it stays, 0 for ever; null for the set's default.</param>
    /// <param name="noMatch">True for an exception.</param>
    /// <param name="renew">True to renew an entry that is there (<c>-exist</c>): its time and whether it is an exception.</param>
    public IpSetStatus TryAdd(in IpSetEntry entry, long nowMs, uint? timeoutSeconds = null, bool noMatch = false, bool renew = false)
    {
        if (!TryShape(entry, out IpSetEntry key, out IpSetStatus status))
            return status;
        bool found = _elements.TryGet(key, out IpSetElement old);
        if (found && old.ExpiresMs >= nowMs && !renew)
            return IpSetStatus.Exists;
        if (!found && !IsBitmap && _elements.Count >= Options.MaxElements && Purge(nowMs) == 0)
            return IpSetStatus.Full;
        uint seconds = timeoutSeconds ?? Options.TimeoutSeconds ?? 0;
        Changes++;
        IsTimeless &= seconds == 0;
        _elements.Set(new IpSetElement(key, seconds == 0 ? long.MaxValue : nowMs + (seconds * 1000L), noMatch));
        if (!found)
            CountPrefix(key, 1);
        return IpSetStatus.Ok;
    }

    /// <summary>Removes an entry. False when it is not there.</summary>
    public bool Remove(in IpSetEntry entry)
    {
        if (!TryShape(entry, out IpSetEntry key, out _) || !_elements.Remove(key))
            return false;
        Changes++;
        CountPrefix(key, -1);
        return true;
    }

    /// <summary>
    /// True when the entry is in the set, as <c>ipset test</c> answers: an address is in a set of networks when the longest
    /// prefix that holds it is there and no exception. Leave <see cref="IpSetEntry.PrefixLength"/> zero to ask for an address.
    /// </summary>
    public bool Contains(in IpSetEntry entry, long nowMs) => Find(entry, nowMs) == IpSetAnswer.Match;

    /// <summary>Removes every entry (<c>ipset flush</c>).</summary>
    public void Clear()
    {
        Changes++;
        _elements.Clear();
        _members.Clear();
        Array.Clear(_prefixCounts);
        _prefixKinds = 0;
    }

    /// <summary>Appends a set to a list.</summary>
    public IpSetStatus TryAddMember(IpSet member)
    {
        ArgumentNullException.ThrowIfNull(member);
        if (Kind != IpSetKind.ListSet || member.Kind == IpSetKind.ListSet)
            return IpSetStatus.Invalid;
        if (_members.Contains(member))
            return IpSetStatus.Exists;
        if (_members.Count >= Options.MaxElements)
            return IpSetStatus.Full;
        _members.Add(member);
        return IpSetStatus.Ok;
    }

    /// <summary>Takes a set out of a list. False when it is not there.</summary>
    public bool RemoveMember(IpSet member) => _members.Remove(member);

    /// <summary>For example <c>KUBE-CLUSTER-IP (HashIpPort, 12 entries)</c>.</summary>
    public override string ToString() => $"{Name} ({Kind}, {Count} entries)";

    private bool IsBitmap => Kind is IpSetKind.BitmapIp or IpSetKind.BitmapPort;
}
