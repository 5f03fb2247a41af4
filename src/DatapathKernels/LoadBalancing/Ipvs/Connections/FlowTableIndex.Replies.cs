using DatapathKernels.Hashing;
using DatapathKernels.Maps;
using DatapathKernels.Packets;

namespace DatapathKernels.LoadBalancing;

/// <content>
/// Replies: a map from half a tuple's hash to the newest connection that has such replies, each of which names the next older one. Four bytes of key instead of
/// the tuple make a bucket one line; those few that share them share a chain.
/// </content>
internal sealed partial class FlowTableIndex
{
    private readonly FlowMap<RawKey<uint>, int> _replies;

    // Replies that were not put in yet: what they touch has been asked of the memory meanwhile. Whoever looks for a reply puts them in first.
    private readonly int[] _later = new int[PacketBurst.MaxCount];
    private readonly ulong[] _laterHashes = new ulong[PacketBurst.MaxCount];
    private int _laterCount;

    private static uint ReplyWord(ulong hash) => (uint)(hash >> 16);

    private void InsertReplyLater(int id)
    {
        if (_laterCount == _later.Length)
            SettleReplies();
        ulong hash = _hash.Of(Store[id].Reply);
        _replies.Prepare(new(ReplyWord(hash)));
        _tags.Prefetch(_tags.HomeOf(hash));
        (_later[_laterCount], _laterHashes[_laterCount]) = (id, hash);
        _laterCount++;
        NoteNew(hash);
    }

    private void SettleReplies()
    {
        for (int i = 0; i < _laterCount; i++)
            InsertReply(_later[i], _laterHashes[i]);
        _laterCount = 0;
    }

    private void InsertReply(int id, ulong hash)
    {
        ref IpvsConnection connection = ref Store[id];
        if (_tags.MayHold(hash) && FindRequest(connection.Reply, hash) is var contested && contested != IpvsConnection.None)
            Store[contested].Flags |= IpvsConnectionFlags.Contested;
        RawKey<uint> key = new(ReplyWord(hash));
        if (_replies.Update(key, id, MapUpdate.NoExist) == MapError.Ok)
            return;
        _replies.Lookup(key, out connection.Next);
        _replies.Update(key, id);
    }

    private void RemoveReply(int id, ref IpvsConnection connection)
    {
        RawKey<uint> key = new(ReplyWord(_hash.Of(connection.Reply)));
        _replies.LookupAndDelete(key, out int newest);
        int first = newest == id ? connection.Next : newest;
        if (first != IpvsConnection.None)
            _replies.Update(key, first);
        while (newest != IpvsConnection.None && Store[newest].Next != id)
            newest = Store[newest].Next;
        if (newest != IpvsConnection.None)
            Store[newest].Next = connection.Next;
    }

    private int FindReply(in IpvsTuple packet, ulong hash)
    {
        if (_replies.Lookup(new(ReplyWord(hash)), out int id) != MapError.Ok)
            return IpvsConnection.None;
        while (id != IpvsConnection.None && !Store[id].IsReply(packet))
            id = Store[id].Next;
        return id;
    }
}
