using System.Runtime.CompilerServices;
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

    // Replies that were not put in yet, to be put in together. Whoever looks for a reply puts them in first.
    private readonly int[] _later = new int[PacketBurst.MaxCount];
    private readonly ulong[] _laterHashes = new ulong[PacketBurst.MaxCount];
    private int _laterCount;

    private static uint ReplyWord(ulong hash) => (uint)(hash >> 16);

    private void InsertReplyLater(int id, ulong hash)
    {
        if (_laterCount == _later.Length)
            SettleReplies();
        (_later[_laterCount], _laterHashes[_laterCount]) = (id, hash);
        _laterCount++;
        NoteNew(hash);
    }

    private void SettleReplies()
    {
        if (_laterCount != 0)
            InsertReplies(_later.AsSpan(0, _laterCount), _laterHashes.AsSpan(0, _laterCount));
        _laterCount = 0;
    }

    /// <summary>
    /// Asks the memory for everything first, in a loop with nothing else in it: a prefetch that needs a page's translation holds up all behind it
    /// once the core's window is full, so that prefetches far apart wait for one another.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void InsertReplies(ReadOnlySpan<int> ids, ReadOnlySpan<ulong> hashes)
    {
        foreach (ulong hash in hashes)
            _replies.Prepare(new(ReplyWord(hash)));

        for (int i = 0; i < ids.Length; i++)
            InsertReply(ids[i], hashes[i]);
    }

    private void InsertReply(int id, ulong hash)
    {
        ref IpvsConnection connection = ref Store[id];
        if (MayBeService(connection) && _tags.MayHold(hash) && FindRequest(connection.Reply, hash) is var contested && contested != IpvsConnection.None)
            Store[contested].Flags |= IpvsConnectionFlags.Contested;
        RawKey<uint> key = new(ReplyWord(hash));
        if (_replies.Update(key, id, MapUpdate.NoExist) == MapError.Ok)
            return;
        _replies.Lookup(key, out connection.Next);
        _replies.Update(key, id);
    }

    private void RemoveReply(int id, ref IpvsConnection connection)
    {
        RawKey<uint> key = new(ReplyWord(HashOfReply(connection)));
        _replies.LookupAndDelete(key, out int newest);
        int first = newest == id ? connection.Next : newest;
        if (first != IpvsConnection.None)
            _replies.Update(key, first);
        while (newest != IpvsConnection.None && Store[newest].Next != id)
            newest = Store[newest].Next;
        if (newest != IpvsConnection.None)
            Store[newest].Next = connection.Next;
    }

    /// <summary>False when no connection's requests go where this one's replies do: to its client.</summary>
    private bool MayBeService(in IpvsConnection connection) => connection.Has(IpvsConnectionFlags.V6)
        ? _destinations.MayHold(connection.Client, true, connection.ClientPortBe) : _destinations.MayHold(connection.ClientV4, connection.ClientPortBe);

    private int FindReply(in IpvsTuple packet, ulong hash)
    {
        if (!_sources.MayHold(packet.Source, packet.IsV6, packet.SourcePortBe) || _replies.Lookup(new(ReplyWord(hash)), out int id) != MapError.Ok)
            return IpvsConnection.None;
        while (id != IpvsConnection.None && !Store[id].IsReply(packet))
            id = Store[id].Next;
        return id;
    }
}
