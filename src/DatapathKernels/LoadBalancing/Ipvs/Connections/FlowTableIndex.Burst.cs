using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using DatapathKernels.Packets;

namespace DatapathKernels.LoadBalancing;

/// <content>
/// A burst, in stages between which the memory works on all packets at once: the lines of the packets' sources; then the connections that these name, and for packets
/// of none the lines of their destinations; then the connections these name, or the places of new ones.
/// What the stages find is a guess: when its packet's turn comes it is compared with the packet, and looked for again if connections
/// came that may have to do with it.
/// </content>
internal sealed partial class FlowTableIndex
{
    // New clients since the burst began, by 12 bits of their hashes: of a burst that opens 64 connections three packets in a hundred ask for nothing.
    private const int NewBits = 4096;

    private readonly ulong[] _new = new ulong[NewBits / 64];
    private readonly ulong[] _hashes = new ulong[PacketBurst.MaxCount], _replyHashes = new ulong[PacketBurst.MaxCount];
    private readonly int[] _guesses = new int[PacketBurst.MaxCount];
    private bool _hasNew;

    /// <summary>What is thought of the packets of the burst begun last: the place of a client's connection, <see cref="IpvsConnection.None"/> for none, below that a server's.</summary>
    public Span<int> Guesses => _guesses;

    /// <summary>The packets of the burst begun last that seem to have no connection, one bit each.</summary>
    public ulong Unknown { get; private set; }

    public override void FindBurst(ReadOnlySpan<PacketInfo> infos, ReadOnlySpan<FlowKeyV4> v4, ReadOnlySpan<FlowKeyV6> v6)
    {
        // One length for all, so that no stage checks it again.
        int count = infos.Length;
        HashAll(infos, v4[..count], v6[..count], _hashes.AsSpan(0, count));
        if (_hasNew)
            Array.Clear(_new);
        _hasNew = false;
        ulong others = GuessRequests(infos, _hashes.AsSpan(0, count), _guesses.AsSpan(0, count));
        Unknown = others == 0 ? 0 : GuessReplies(others, infos, v4, v6);
    }

    public override IpvsFound Found(int packet, in PacketInfo info, in FlowKeyV4 v4, in FlowKeyV6 v6)
    {
        int guess = _guesses[packet];
        if (guess < 0 && _hasNew && (IsNew(_hashes[packet]) || IsNew(_replyHashes[packet])))
            return Find(info, v4, v6);
        if (guess == IpvsConnection.None)
            return IsPassed(_hashes[packet]) || IsPassed(_replyHashes[packet]) ? Find(info, v4, v6) : default;
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
                ? _hash.OfSource(Unsafe.Add(ref MemoryMarshal.GetReference(v4), i)) : _hash.OfSource(Unsafe.Add(ref MemoryMarshal.GetReference(v6), i));
            hashes[i] = hash;
            _heads.Prefetch(_heads.HomeOf(hash));
        }
    }

    /// <summary>Returns the packets whose sources have no connection.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private ulong GuessRequests(ReadOnlySpan<PacketInfo> infos, ReadOnlySpan<ulong> hashes, Span<int> guesses)
    {
        ulong others = 0;
        for (int i = 0; i < hashes.Length; i++)
        {
            ulong hash = hashes[i];
            int id = _heads.FirstIn(_heads.HomeOf(hash), hash);
            // SAFE: the caller made them of one length
            Unsafe.Add(ref MemoryMarshal.GetReference(guesses), i) = id;
            if (id < 0)
                others |= 1UL << i;
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
        for (ulong left = packets; left != 0; left &= left - 1)
        {
            int i = BitOperations.TrailingZeroCount(left);
            ulong hash = (infos[i].Flags & PacketFlags.Ipv4) != 0 ? _hash.OfDestination(v4[i]) : _hash.OfDestination(v6[i]);
            _replyHashes[i] = hash;
            _heads.Prefetch(_heads.HomeOf(hash));
        }

        ulong unknown = 0;
        for (ulong left = packets; left != 0; left &= left - 1)
        {
            int i = BitOperations.TrailingZeroCount(left);
            int id = _heads.FirstIn(_heads.HomeOf(_replyHashes[i]), _replyHashes[i]);
            _guesses[i] = id < 0 ? IpvsConnection.None : AsReply(id);
            unknown |= id < 0 ? 1UL << i : 0;
            if (id >= 0)
                Store.Prefetch(id);
        }

        Store.PrefetchFree(BitOperations.PopCount(unknown));
        return unknown;
    }

    private bool IsPassed(ulong hash) => _heads.IsPassed(_heads.HomeOf(hash));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool IsNew(ulong hash) => (_new[(int)(hash >> 6) & ((NewBits / 64) - 1)] >> (int)hash & 1) != 0;

    private void NoteNew(ulong hash)
    {
        _hasNew = true;
        _new[(int)(hash >> 6) & ((NewBits / 64) - 1)] |= 1UL << (int)hash;
    }
}
