using System.Runtime.CompilerServices;
using DatapathKernels.Packets;

namespace DatapathKernels.Conntrack;

/// <content>The end of a new connection's way: <c>nf_conntrack_confirm</c>.</content>
public sealed partial class ConntrackTable
{
    // A chain of more than 50 links, 30 more at random, takes no more: whoever fills one learns little of the hash.
    private const int LongestChain = 50, LongestChainVaries = 30;
    private const uint ClashMs = 1000;

    /// <summary>
    /// The packet of a new connection got through: the connection enters the table. False when it could not, because another took one of its tuples meanwhile, a chain
    /// is too long, or its answers would come to another worker; then it is forgotten, and the packet to be dropped.
    /// </summary>
    /// <remarks>
    /// Two packets of one flow may both be new, when the second came before the first was confirmed. Of protocols where that is usual (all but TCP and ICMP) the later one is let through as
    /// the other's; when both were translated, and not alike, it gets its answers by an entry of its own for a second, which only they find (<see cref="ConntrackStatus.NatClash"/>).
    /// </remarks>
    public bool Confirm(int id, long nowMs)
    {
        _nowMs = nowMs;
        return _chains[id].Has(ConntrackStatus.Confirmed | ConntrackStatus.Dying) || ConfirmNew(id, nowMs);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool ConfirmNew(int id, long nowMs)
    {
        ref Connection connection = ref _chains[id];
        if (!IsMine(connection.Reply))
            return FailInsertion(id);
        uint original = (uint)connection.NextOriginal, reply = BucketOf(connection.Reply);
        int sameOriginal = Find(connection.Original, original, (uint)nowMs, out int before);
        int sameReply = Find(connection.Reply, reply, (uint)nowMs, out int beforeReply);
        if (sameOriginal != TupleChains.End || sameReply != TupleChains.End)
            return ResolveClash(id, sameOriginal, sameReply, reply, (uint)nowMs);
        if (Math.Max(before, beforeReply) > LongestChain + 1 && IsTooLong(before, beforeReply))
        {
            ChainTooLong++;
            return FailInsertion(id);
        }

        Insert(id, original, reply);
        return true;
    }

    private bool IsTooLong(int original, int reply) => Math.Max(original, reply) > LongestChain + 1 + Draw(LongestChainVaries);

    private bool FailInsertion(int id)
    {
        Remove(id);
        InsertFailed++;
        return false;
    }

    /// <summary><c>nf_ct_resolve_clash</c>: by the connection with the same original tuple, then by the one with the same reply tuple, then by an entry that has only the latter.</summary>
    private bool ResolveClash(int id, int sameOriginal, int sameReply, uint replyBucket, uint nowMs)
    {
        ref Connection connection = ref _chains[id];
        if (connection.Original.Protocol is IpProtocol.Tcp or IpProtocol.Icmp or IpProtocol.IcmpV6)
            return FailInsertion(id);
        if (IsSame(connection, sameOriginal) || IsSame(connection, sameReply))
        {
            Remove(id);
            return true;
        }

        if (sameReply != TupleChains.End)
            return FailInsertion(id);
        connection.ExpiresMs = nowMs + ClashMs;
        connection.Status |= ConntrackStatus.FixedTimeout | ConntrackStatus.NatClash | ConntrackStatus.Confirmed;
        _chains.Link((id * 2) + 1, replyBucket);
        _extras.Start(id, _nowMs);
        return true;
    }

    /// <summary>True when a packet of a connection may as well be one of the other that the link stands for: nothing translates either, or both are alike.</summary>
    private bool IsSame(in Connection connection, int link)
    {
        if (link == TupleChains.End)
            return false;
        ref Connection winner = ref _chains[link >> 1];
        return (!winner.Has(ConntrackStatus.SourceNatDone | ConntrackStatus.DestinationNatDone) && !connection.Has(BothNat))
            || (FlowKeyV6.AreEqual(winner.Original, connection.Original) && FlowKeyV6.AreEqual(winner.Reply, connection.Reply));
    }
}
