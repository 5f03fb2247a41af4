using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using DatapathKernels.Packets;

namespace DatapathKernels.Overlay;

/// <summary>Eight frames at a time: what is in their outer headers is worked out in the lanes of vectors, and each frame then takes its words from there.</summary>
/// <remarks>
/// One frame alone is some eighty instructions, most of them shifts and adds that are the same for every frame. In lanes they are shared by eight, and a frame's own
/// part is a load of what may be inherited from it, a copy of the built headers, three words from the group, and its slot. Measured: 7.7 ns a frame one by one, 3.6 in groups.
/// Frames that are not plain (see <see cref="TryWritePlain"/>) drop out of the group by a mask and are written one by one.
/// </remarks>
public sealed unsafe partial class UdpTunnel
{
    private const int GroupSize = FrameLanes.Count;

    /// <summary>Writes whole groups; what is left at the end is the caller's.</summary>
    /// <returns>How many frames were written, from the first on.</returns>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.NoInlining)]
    private int WriteGroups<TChecksum>(PacketArena arena, int first, ReadOnlySpan<uint> flowHashes, ushort firstId, ReadOnlySpan<PacketInfo> inner)
        where TChecksum : struct, IChecksum
    {
        FrameSlot* slots = arena.Slots(first, flowHashes.Length);
        arena.Raw(out byte* memory, out _, out nuint stride);
        memory += (nuint)(uint)first * stride;
        Unsafe.SkipInit(out Group group);
        Vector256<ulong> places = FrameLanes.Slots(stride);
        int done = 0;
        for (; done <= flowHashes.Length - GroupSize; done += GroupSize, slots += GroupSize, memory += GroupSize * stride)
        {
            ReadOnlySpan<uint> hashes = flowHashes.Slice(done, GroupSize);
            uint plain = Make<TChecksum>(memory, slots, places, hashes, (ushort)(firstId + done), inner.IsEmpty ? inner : inner.Slice(done, GroupSize), &group);
            if (plain == FrameLanes.All)
            {
                PutAll(slots, &group);
                continue;
            }

            int whole = WriteOthers(arena, first + done, plain, hashes, (ushort)(firstId + done), inner.IsEmpty ? inner : inner.Slice(done, GroupSize));
            PutSome(slots, plain & ((1u << whole) - 1), &group);
            if (whole != GroupSize)
                return done + whole;
        }

        return done;
    }

    /// <summary>Works out the headers of eight frames.</summary>
    /// <returns>A bit for each frame that is plain; what is worked out for others means nothing.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private uint Make<TChecksum>(byte* memory, FrameSlot* slots, Vector256<ulong> places, ReadOnlySpan<uint> flowHashes, ushort firstId, ReadOnlySpan<PacketInfo> inner, Group* group)
        where TChecksum : struct, IChecksum
    {
        Vector256<int> lengths = FrameLanes.Lengths(slots, out Vector256<uint> starts).AsInt32();
        starts &= Vector256.Create((uint)ushort.MaxValue);
        int headerBytes = _headers.Length;
        FrameLanes.Place(memory - headerBytes, places, starts, group->Outers);

        // SAFE: an arena ends in padding, so bytes 12..23 can be read however short a frame is.
        FrameLanes.Gather(group->Outers, headerBytes + EthernetBytes - 2, out Vector256<uint> start, out Vector256<uint> length, out Vector256<uint> word, out Vector256<uint> last);
        Vector256<uint> before = TChecksum.IsWritten ? SumsBeforeAddresses(group->Outers, headerBytes, start, length, word, last) : Vector256<uint>.Zero;
        (start, word) = (FrameLanes.Reverse(start), FrameLanes.Reverse(word));
        Vector256<uint> hashes = Vector256.Create(flowHashes);
        Vector256<uint> plain = InnerFields.ReadPlain(start, word, lengths, out Vector256<uint> dsFields, out Vector256<uint> words, out Vector256<uint> isV6) & ~Vector256.Equals(hashes, Vector256<uint>.Zero);
        Vector256<int> fits = Vector256.GreaterThan(starts.AsInt32(), Vector256.Create(headerBytes - 1)) & Vector256.GreaterThan(lengths, Vector256.Create((int)LeastPlain - 1))
            & Vector256.GreaterThan(Vector256.Create((int)(LeastPlain + _plainLengths)), lengths);

        Vector256<uint> bytes = lengths.AsUInt32() + Vector256.Create((uint)headerBytes - EthernetBytes);
        MakeNetwork(bytes, dsFields, words, firstId, group);
        Vector256<uint> port = SourcePorts(hashes), datagram = bytes - Vector256.Create((uint)(_udp - EthernetBytes));
        Vector256<uint> lower = datagram << 16;
        if (TChecksum.IsWritten)
            lower |= Checksums(before, lengths.AsUInt32(), word, isV6, port + datagram + datagram);
        StoreWire(group->Udp, (port << 16) | Vector256.Create((uint)(_udpPort >> 32)), lower);
        uint written = (plain & fits.AsUInt32()).ExtractMostSignificantBits();
        return TChecksum.IsWritten ? written & KnownInner.ArePlain(group->Outers, headerBytes, lengths.AsUInt32(), inner) : written;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void MakeNetwork(Vector256<uint> bytes, Vector256<uint> dsField, Vector256<uint> word, ushort firstId, Group* group)
    {
        Vector256<uint> first, second;
        if (_isV6)
        {
            // Behind these two words there is none to work out: the first of the source address, as it is, takes the third one's place.
            _v6.Make(bytes, dsField, word, out first, out second);
            Vector256.Create(Unsafe.ReadUnaligned<uint>(ref _headers[EthernetBytes + 8])).Store(group->Third);
        }
        else
        {
            Vector256<uint> id = (Vector256.Create((uint)firstId) + Vector256<uint>.Indices) & Vector256.Create((uint)ushort.MaxValue);
            _v4.Make(bytes, dsField, word, id, out first, out second, out Vector256<uint> third);
            FrameLanes.Reverse(third).Store(group->Third);
        }

        StoreWire(group->First, first, second);
    }

    /// <summary><see cref="SourcePort"/>: the product of 32 and 16 bits in two halves, of which the upper 16 bits are wanted.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Vector256<uint> SourcePorts(Vector256<uint> flowHashes)
    {
        Vector256<uint> hash = flowHashes ^ (flowHashes << 16), ports = Vector256.Create(_ports);
        Vector256<uint> low = ((hash & Vector256.Create((uint)ushort.MaxValue)) * ports) >>> 16;
        return ((((hash >>> 16) * ports) + low) >>> 16) + Vector256.Create(_firstPort);
    }

    /// <summary>Writes the headers of a whole group. Written out frame by frame, all places in the group are constants: nine instructions a frame instead of 37 in a loop.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void PutAll(FrameSlot* slots, Group* group)
    {
        ref byte built = ref MemoryMarshal.GetArrayDataReference(_headers);
        int headerBytes = _headers.Length;
        nuint last = (uint)(headerBytes - Vector256<byte>.Count), udp = (uint)_udp;
        if (last > (nuint)Vector256<byte>.Count)
            PutMiddles(ref built, group);
        Vector256<byte> head = Vector256.LoadUnsafe(ref built), tail = Vector256.LoadUnsafe(ref built, last);
        Put(group, 0, head, tail, last, udp);
        Put(group, 1, head, tail, last, udp);
        Put(group, 2, head, tail, last, udp);
        Put(group, 3, head, tail, last, udp);
        Put(group, 4, head, tail, last, udp);
        Put(group, 5, head, tail, last, udp);
        Put(group, 6, head, tail, last, udp);
        Put(group, 7, head, tail, last, udp);
        FrameLanes.MoveFronts(slots, -headerBytes);
    }

    /// <summary>Writes the headers of some frames of a group.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void PutSome(FrameSlot* slots, uint which, Group* group)
    {
        ref byte built = ref MemoryMarshal.GetArrayDataReference(_headers);
        int headerBytes = _headers.Length;
        nuint last = (uint)(headerBytes - Vector256<byte>.Count);
        Vector256<byte> head = Vector256.LoadUnsafe(ref built), tail = Vector256.LoadUnsafe(ref built, last);
        for (; which != 0; which &= which - 1)
        {
            int i = System.Numerics.BitOperations.TrailingZeroCount(which);
            if (last > (nuint)Vector256<byte>.Count)
                Vector256.LoadUnsafe(ref built, (nuint)Vector256<byte>.Count).Store((byte*)group->Outers[i] + Vector256<byte>.Count);
            Put(group, i, head, tail, last, (uint)_udp);
            FrameSlot.MoveFront(slots + i, -headerBytes);
        }
    }

    /// <summary>What of longer headers lies between their first and last 32 bytes.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void PutMiddles(ref byte built, Group* group)
    {
        Vector256<byte> middle = Vector256.LoadUnsafe(ref built, (nuint)Vector256<byte>.Count);
        for (int i = 0; i < GroupSize; i++)
            middle.Store((byte*)group->Outers[i] + Vector256<byte>.Count);
    }

    /// <summary>The first and last 32 bytes of the built headers before a frame, and its own words over them.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Put(Group* group, int i, Vector256<byte> head, Vector256<byte> tail, nuint last, nuint udp)
    {
        // SAFE: the headers fit in what is before the frame.
        byte* outer = (byte*)group->Outers[i];
        head.Store(outer);
        tail.Store(outer + last);
        Unsafe.WriteUnaligned(outer + EthernetBytes, group->First[i]);
        Unsafe.WriteUnaligned(outer + EthernetBytes + 8, group->Third[i]);
        Unsafe.WriteUnaligned(outer + udp, group->Udp[i]);
    }

    /// <summary>Writes the frames of a group that are not plain.</summary>
    /// <returns>The first that could not be, or all.</returns>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private int WriteOthers(PacketArena arena, int first, uint plain, ReadOnlySpan<uint> flowHashes, ushort firstId, ReadOnlySpan<PacketInfo> inner)
    {
        for (int i = 0; i < GroupSize; i++)
        {
            if ((plain & (1u << i)) == 0 && !TryWriteAny(arena, first + i, flowHashes[i], (ushort)(firstId + i), inner.IsEmpty ? s_unknown : inner[i]))
                return i;
        }

        return GroupSize;
    }

    /// <summary>Stores eight pairs of words, the upper one first, in network order.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StoreWire(ulong* to, Vector256<uint> upper, Vector256<uint> lower) => FrameLanes.StorePairs(to, FrameLanes.Reverse(upper), FrameLanes.Reverse(lower));

    /// <summary>Where the outer frames of eight begin, and the words of their outer headers as they go to the wire.</summary>
    private struct Group
    {
        public fixed ulong Outers[GroupSize];
        public fixed ulong First[GroupSize];
        public fixed ulong Udp[GroupSize];
        public fixed uint Third[GroupSize];
    }
}
