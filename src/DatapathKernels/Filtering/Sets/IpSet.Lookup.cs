using DatapathKernels.Packets;

namespace DatapathKernels.Filtering;

/// <content>Finding entries, and giving them the shape the set keeps them in.</content>
public sealed partial class IpSet
{
    /// <summary>Asks for an entry whose networks are single addresses.</summary>
    internal IpSetAnswer Find(in IpSetEntry entry, long nowMs)
    {
        if (!HasNetworks)
            return TryShape(entry, out IpSetEntry key, out _) ? _elements.Answer(key, nowMs) : IpSetAnswer.None;
        bool second = Kind == IpSetKind.HashIpPortNet;
        byte given = second ? entry.PrefixLength2 : entry.PrefixLength;
        if (given != 0)
            return _elements.Answer(WithPrefix(entry, given), nowMs);

        // From the longest prefix there is to the shortest: the first entry met decides, be it an exception.
        for (int i = 0; i < _prefixKinds; i++)
        {
            IpSetAnswer answer = _elements.Answer(WithPrefix(entry, _prefixes[i]), nowMs);
            if (answer != IpSetAnswer.None)
                return answer;
        }

        return IpSetAnswer.None;
    }

    /// <summary>Sets that hold what these hold, for a dry run; lists among them hold the copies of members that are.</summary>
    internal static IpSet[] CopyAll(IpSet[] sets)
    {
        Dictionary<IpSet, IpSet> copies = [];
        IpSet[] all = new IpSet[sets.Length];
        for (int i = 0; i < sets.Length; i++)
            all[i] = sets[i].Copy(copies);
        return all;
    }

    private IpSet Copy(Dictionary<IpSet, IpSet> copies)
    {
        if (copies.TryGetValue(this, out IpSet? copy))
            return copy;
        copies.Add(this, copy = new IpSet(Name, Kind, Family, Options));
        foreach (IpSetElement element in _elements.Values)
        {
            copy._elements.Set(element);
            copy.IsTimeless &= element.ExpiresMs == long.MaxValue;
            copy.CountPrefix(element.Entry, 1);
        }

        foreach (IpSet member in _members)
            copy._members.Add(member.Copy(copies));
        return copy;
    }

    private bool HasNetworks => Kind is IpSetKind.HashNet or IpSetKind.HashNetPort or IpSetKind.HashIpPortNet;

    /// <summary>The entry as it is kept: networks without host bits, addresses under the set's netmask.</summary>
    private bool TryShape(in IpSetEntry entry, out IpSetEntry key, out IpSetStatus status)
    {
        key = entry;
        status = IpSetStatus.Invalid;
        byte all = (byte)IpNetwork.Bits(Family);
        switch (Kind)
        {
            case IpSetKind.ListSet:
                return false;
            case IpSetKind.HashNet or IpSetKind.HashNetPort or IpSetKind.HashIpPortNet:
                byte prefix = Kind == IpSetKind.HashIpPortNet ? entry.PrefixLength2 : entry.PrefixLength;
                if (prefix == 0 || prefix > all)
                    return false;
                key = WithPrefix(entry, prefix);
                return true;
            case IpSetKind.BitmapPort:
                key = IpSetEntry.OfPort(entry.Port);
                status = IpSetStatus.OutOfRange;
                return entry.Port >= Options.First && entry.Port <= Options.Last;
            default:
                key = entry with { PrefixLength = 0, PrefixLength2 = 0, Address = Masked(entry.Address) };
                if (Kind == IpSetKind.HashIp)
                    return key.Address != UInt128.Zero;
                status = IpSetStatus.OutOfRange;
                return Kind != IpSetKind.BitmapIp || (entry.Address >= Options.First && entry.Address <= Options.Last);
        }
    }

    private UInt128 Masked(UInt128 address) =>
        Options.NetMask is { } bits ? address & IpNetwork.MaskOf(Family, bits) : address;

    private IpSetEntry WithPrefix(in IpSetEntry entry, byte prefix)
    {
        UInt128 mask = IpNetwork.MaskOf(Family, prefix);
        return Kind == IpSetKind.HashIpPortNet
            ? entry with { PrefixLength = 0, Address2 = entry.Address2 & mask, PrefixLength2 = prefix }
            : entry with { PrefixLength2 = 0, Address = entry.Address & mask, PrefixLength = prefix };
    }

    /// <summary>Keeps the list of prefix lengths that occur, longest first.</summary>
    private void CountPrefix(in IpSetEntry key, int change)
    {
        if (!HasNetworks)
            return;
        byte prefix = Kind == IpSetKind.HashIpPortNet ? key.PrefixLength2 : key.PrefixLength;
        int before = _prefixCounts[prefix];
        _prefixCounts[prefix] += change;
        if (before != 0 && _prefixCounts[prefix] != 0)
            return;
        _prefixKinds = 0;
        for (int i = IpNetwork.Bits(Family); i > 0; i--)
        {
            if (_prefixCounts[i] > 0)
                _prefixes[_prefixKinds++] = (byte)i;
        }
    }

    /// <summary>Removes the entries whose time is over; tells how many.</summary>
    private int Purge(long nowMs)
    {
        int removed = 0;
        foreach (IpSetElement element in _elements.Values)
        {
            // A dictionary allows removal while it is walked.
            if (element.ExpiresMs < nowMs && _elements.Remove(element.Entry))
            {
                CountPrefix(element.Entry, -1);
                removed++;
            }
        }

        return removed;
    }
}
