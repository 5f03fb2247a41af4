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
        return _store[id].Has(ConntrackStatus.Confirmed | ConntrackStatus.Dying) || ConfirmNew(id, nowMs);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool ConfirmNew(int id, long nowMs)
    {
        FlowKeyV6 original = _store.OriginalOf(id), reply = _store.ReplyOf(id);
        if (!IsMine(reply))
            return FailInsertion(id);
        uint hash = _store[id].OriginalHash, replyHash = HashOf(reply);
        int sameOriginal = Find(original, hash, (uint)nowMs), sameReply = Find(reply, replyHash, (uint)nowMs);
        if (sameOriginal != TupleIndex.End || sameReply != TupleIndex.End)
            return ResolveClash(id, sameOriginal, sameReply, replyHash, (uint)nowMs);
        if (_options.UsesKernelHash)
        {
            Sweep(_index.BucketOf(hash), (uint)nowMs);
            Sweep(_index.BucketOf(replyHash), (uint)nowMs);
        }

        int longest = Math.Max(ChainLength(hash), ChainLength(replyHash));
        if (longest > LongestChain + 1 && longest > LongestChain + 1 + Draw(LongestChainVaries))
        {
            ChainTooLong++;
            return FailInsertion(id);
        }

        Insert(id, replyHash);
        return true;
    }

    private bool FailInsertion(int id)
    {
        Remove(id);
        InsertFailed++;
        return false;
    }

    /// <summary><c>nf_ct_resolve_clash</c>: by the connection with the same original tuple, then by the one with the same reply tuple, then by an entry that has only the latter.</summary>
    private bool ResolveClash(int id, int sameOriginal, int sameReply, uint replyHash, uint nowMs)
    {
        ref Connection connection = ref _store[id];
        if (connection.Protocol is IpProtocol.Tcp or IpProtocol.Icmp or IpProtocol.IcmpV6)
            return FailInsertion(id);
        if (IsSame(id, sameOriginal) || IsSame(id, sameReply))
        {
            Remove(id);
            return true;
        }

        if (sameReply != TupleIndex.End)
            return FailInsertion(id);
        connection.ExpiresMs = nowMs + ClashMs;
        connection.Status |= ConntrackStatus.FixedTimeout | ConntrackStatus.NatClash | ConntrackStatus.Confirmed;
        _index.Insert(replyHash, (id * 2) + 1);
        _extras.Start(id, _nowMs);
        return true;
    }

    /// <summary>True when a packet of a connection may as well be one of the other that the link stands for: nothing translates either, or both are alike.</summary>
    private bool IsSame(int id, int link)
    {
        if (link == TupleIndex.End)
            return false;
        int winner = link >> 1;
        return (!_store[winner].Has(ConntrackStatus.SourceNatDone | ConntrackStatus.DestinationNatDone) && !_store[id].Has(BothNat))
            || (FlowKeyV6.AreEqual(_store.OriginalOf(winner), _store.OriginalOf(id)) && FlowKeyV6.AreEqual(_store.ReplyOf(winner), _store.ReplyOf(id)));
    }
}
