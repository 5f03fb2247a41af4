using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using DatapathKernels.Packets;

namespace DatapathKernels.LoadBalancing;

/// <content>
/// A burst, in stages between which the memory works on all packets at once: tags, which cost a level-3 access; then the
/// connections that the tags name, and for packets of no tag the map of replies; then the connections this one names.
/// What the stages find is a guess: when its packet's turn comes it is compared with the packet, and looked for again if connections
/// came or went that may have to do with it.
/// </content>
internal sealed partial class FlowTableIndex
{
    // New tuples since the burst began, by 12 bits of their hashes: of a burst that opens 64 connections three packets in a hundred ask for nothing.
    private const int NewBits = 4096;

    private readonly ulong[] _new = new ulong[NewBits / 64];
    private readonly ulong[] _hashes = new ulong[PacketBurst.MaxCount];
    private readonly int[] _guesses = new int[PacketBurst.MaxCount];
    private bool _hasNew;
    private int _removals, _removalsBefore;

    /// <summary>What is thought of the packets of the burst begun last: the place of a client's connection, <see cref="IpvsConnection.None"/> for none, below that a server's.</summary>
    public Span<int> Guesses => _guesses;

    /// <summary>The packets of the burst begun last that seem to have no connection, one bit each.</summary>
    public ulong Unknown { get; private set; }

    /// <summary>True while no connection has come or gone since the burst began.</summary>
    public bool IsUndisturbed => !_hasNew && _removals == _removalsBefore;

    public override void FindBurst(ReadOnlySpan<PacketInfo> infos, ReadOnlySpan<FlowKeyV4> v4, ReadOnlySpan<FlowKeyV6> v6)
    {
        // One length for all, so that no stage checks it again.
        int count = infos.Length;
        HashAll(infos, v4[..count], v6[..count], _hashes.AsSpan(0, count));
        SettleReplies();
        if (_hasNew)
            Array.Clear(_new);
        _hasNew = false;
        _removalsBefore = _removals;
        ulong others = GuessRequests(infos, _hashes.AsSpan(0, count), _guesses.AsSpan(0, count));
        Unknown = others == 0 ? 0 : GuessReplies(others, infos, v4, v6);
    }

    public override IpvsFound Found(int packet, in PacketInfo info, in FlowKeyV4 v4, in FlowKeyV6 v6)
    {
        int guess = _guesses[packet];
        ulong hash = _hashes[packet];
        if (_removals != _removalsBefore || (_hasNew && IsNew(hash)))
            return Find(info, v4, v6);
        if (guess == IpvsConnection.None)
            return _tags.IsPassed(_tags.HomeOf(hash)) ? Find(info, v4, v6) : default;
        IpvsTuple tuple = IpvsTuple.Of(info, v4, v6);
        if (guess < IpvsConnection.None)
            return Store[AsReply(guess)].IsReply(tuple) ? IpvsFound.Of(AsReply(guess), true) : Find(info, v4, v6);
        return Store[guess].IsRequest(tuple) && !Store[guess].Has(IpvsConnectionFlags.Contested) ? IpvsFound.Of(guess, false) : Find(info, v4, v6);
    }

    /// <summary>Between a place and what stands for it as the guess of a server's packet, either way.</summary>
    private static int AsReply(int id) => IpvsConnection.None - 1 - id;

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void HashAll(ReadOnlySpan<PacketInfo> infos, ReadOnlySpan<FlowKeyV4> v4, ReadOnlySpan<FlowKeyV6> v6, Span<ulong> hashes)
    {
        for (int i = 0; i < hashes.Length; i++)
        {
            // SAFE: the caller made them of one length
            ulong hash = (Unsafe.Add(ref MemoryMarshal.GetReference(infos), i).Flags & PacketFlags.Ipv4) != 0
                ? _hash.Of(Unsafe.Add(ref MemoryMarshal.GetReference(v4), i)) : _hash.Of(Unsafe.Add(ref MemoryMarshal.GetReference(v6), i));
            hashes[i] = hash;
            _tags.Prefetch(_tags.HomeOf(hash));
        }
    }

    /// <summary>Returns the packets that no tag was found for.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private ulong GuessRequests(ReadOnlySpan<PacketInfo> infos, ReadOnlySpan<ulong> hashes, Span<int> guesses)
    {
        ulong others = 0;
        for (int i = 0; i < hashes.Length; i++)
        {
            ulong hash = hashes[i];
            int home = _tags.HomeOf(hash);
            uint match = _tags.Match(home, hash);
            int id = home + BitOperations.TrailingZeroCount(match | 1u << 31);
            // SAFE: the caller made them of one length
            Unsafe.Add(ref MemoryMarshal.GetReference(guesses), i) = id;
            if (match == 0)
            {
                others |= 1UL << i;
            }
            else if ((Unsafe.Add(ref MemoryMarshal.GetReference(infos), i).Flags & PacketFlags.Ipv4) != 0)
                Store.PrefetchV4(id);
            else
                Store.Prefetch(id);
        }

        return others;
    }

    /// <summary>Returns the packets that no connection is found for: perhaps they open one, whose place is then asked of the memory.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private ulong GuessReplies(ulong packets, ReadOnlySpan<PacketInfo> infos, ReadOnlySpan<FlowKeyV4> v4, ReadOnlySpan<FlowKeyV6> v6)
    {
        ulong unknown = 0, perhaps = 0;
        for (; packets != 0; packets &= packets - 1)
        {
            int i = BitOperations.TrailingZeroCount(packets);
            bool ipv4 = (infos[i].Flags & PacketFlags.Ipv4) != 0;
            bool mayBe = ipv4 ? _sources.MayHold(v4[i].SourceBe, v4[i].SourcePortBe) : _sources.MayHold(v6[i].Source, true, v6[i].SourcePortBe);
            _guesses[i] = IpvsConnection.None;
            (mayBe ? ref perhaps : ref unknown) |= 1UL << i;
            if (mayBe)
                _replies.Prepare(new(ReplyWord(_hashes[i])));
        }

        for (packets = perhaps; packets != 0; packets &= packets - 1)
        {
            int i = BitOperations.TrailingZeroCount(packets);
            bool isReply = _replies.Lookup(new(ReplyWord(_hashes[i])), out int id) == Maps.MapError.Ok;
            _guesses[i] = isReply ? AsReply(id) : IpvsConnection.None;
            unknown |= isReply ? 0 : 1UL << i;
            if (isReply)
                Store.Prefetch(id);
        }

        for (ulong left = unknown; left != 0; left &= left - 1)
            Store.Prefetch(_tags.FreeIn(_tags.HomeOf(_hashes[BitOperations.TrailingZeroCount(left)])));
        return unknown;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool IsNew(ulong hash) => (_new[(int)(hash >> 6) & ((NewBits / 64) - 1)] >> (int)hash & 1) != 0;

    private void NoteNew(ulong hash)
    {
        _hasNew = true;
        _new[(int)(hash >> 6) & ((NewBits / 64) - 1)] |= 1UL << (int)hash;
    }
}
