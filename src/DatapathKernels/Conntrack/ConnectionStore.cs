using System.Runtime.CompilerServices;
using DatapathKernels.Memory;
using DatapathKernels.Packets;
using DatapathKernels.Simd;

namespace DatapathKernels.Conntrack;

/// <summary>
/// The places of a table's connections, by their numbers. A link is twice a connection's number, plus one for its reply tuple. Beside the records stand the addresses
/// of reply tuples that are not IPv4's, 32 bytes a place, which nothing else touches.
/// </summary>
/// <remarks>
/// A place that was given back rests until <see cref="Resting"/> others have been: a connection that ends can be read as long as the burst lasts in which it does, and which place comes next
/// does not depend on where bursts end.
/// </remarks>
internal sealed unsafe class ConnectionStore : IDisposable
{
    public const int End = -1;

    /// <summary>Places that rest: those that packets of one burst may take.</summary>
    public const int Resting = PacketBurst.MaxCount;

    private const int AddressBytes = 32;

    private readonly NativeBuffer _records, _replies;
    private readonly Connection* _record;
    private readonly byte* _reply;
    private int _firstFree = End, _lastFree = End, _free, _used;

    /// <summary>Makes an empty store.</summary>
    /// <param name="connections">The most connections at a time.</param>
    public ConnectionStore(int connections)
    {
        int capacity = Capacity = connections + Resting + 1;
        _records = new NativeBuffer((nuint)capacity * (nuint)sizeof(Connection));
        _replies = new NativeBuffer((nuint)capacity * AddressBytes);
        _record = (Connection*)_records.Pointer;
        _reply = _replies.Pointer;
    }

    /// <summary>Places, resting ones included.</summary>
    public int Capacity { get; }

    /// <summary>Places ever used.</summary>
    public int HighMark => _used;

    public long MemoryBytes => (long)(_records.Length + _replies.Length);

    /// <summary>The record of the first place, for loops over many.</summary>
    public Connection* Records => _record;

    // SAFE: numbers come from Take, or from the index, which has them from there
    public ref Connection this[int id]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => ref _record[id];
    }

    /// <summary>What the opener's packets look like.</summary>
    public FlowKeyV6 OriginalOf(int id)
    {
        ref Connection connection = ref _record[id];
        return connection.IsWide ? connection.WideOriginal : ConnectionKeys.Of(connection.CompactOriginal);
    }

    /// <summary>What the answers look like as they come in.</summary>
    public FlowKeyV6 ReplyOf(int id)
    {
        ref Connection connection = ref _record[id];
        if (!connection.IsWide)
            return ConnectionKeys.Of(connection.CompactReply);
        FlowKeyV6 reply = default;
        ref byte start = ref Unsafe.As<FlowKeyV6, byte>(ref reply);
        Unsafe.CopyBlockUnaligned(ref start, ref _reply[(nint)id * AddressBytes], AddressBytes);
        Unsafe.WriteUnaligned(ref Unsafe.Add(ref start, AddressBytes), connection.WideReplyEnd);
        return reply;
    }

    /// <summary>Gives a connection both its tuples.</summary>
    public void SetTuples(int id, in FlowKeyV6 original, in FlowKeyV6 reply)
    {
        ref Connection connection = ref _record[id];
        connection.Protocol = original.Protocol;
        if (ConnectionKeys.IsV4(original) && ConnectionKeys.IsV4(reply))
        {
            connection.Form = TupleForm.Compact;
            (connection.CompactOriginal, connection.CompactReply) = (ConnectionKeys.ToV4(original), ConnectionKeys.ToV4(reply));
            return;
        }

        connection.Form = TupleForm.Wide;
        connection.WideOriginal = original;
        ref byte start = ref Unsafe.As<FlowKeyV6, byte>(ref Unsafe.AsRef(in reply));
        Unsafe.CopyBlockUnaligned(ref _reply[(nint)id * AddressBytes], ref start, AddressBytes);
        connection.WideReplyEnd = Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref start, AddressBytes));
    }

    /// <summary>Gives a connection another reply tuple.</summary>
    public void SetReply(int id, in FlowKeyV6 reply) => SetTuples(id, OriginalOf(id), reply);

    /// <summary>True when the link stands for this tuple.</summary>
    public bool Holds(int link, in FlowKeyV6 tuple) => _record[link >> 1].IsWide ? HoldsWide(link, tuple) : HoldsCompact(link, tuple);

    /// <summary>The same of a connection whose tuples are both IPv4's.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool HoldsCompact(int link, in FlowKeyV6 tuple) =>
        FlowKeyV4.AreEqual(Unsafe.Add(ref _record[link >> 1].CompactOriginal, link & 1), ConnectionKeys.ToV4(tuple)) && ConnectionKeys.IsV4(tuple);

    /// <summary>The same when the tuple is known to be IPv4's: of a packet that is, say.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool HoldsV4(int link, in FlowKeyV6 tuple)
    {
        ref FlowKeyV6 held = ref Unsafe.As<FlowKeyV4, FlowKeyV6>(ref Unsafe.Add(ref _record[link >> 1].CompactOriginal, link & 1));
        return ((Word(held, 0) ^ Word(tuple, 3)) | (Word(held, 1) ^ Word(tuple, 7)) | (Word(held, 2) ^ Word(tuple, 8)) | (Word(held, 3) ^ Word(tuple, 9))) == 0;
    }

    /// <summary>The same of any other.</summary>
    public bool HoldsWide(int link, in FlowKeyV6 tuple) =>
        FlowKeyV6.AreEqual((link & 1) == 0 ? _record[link >> 1].WideOriginal : ReplyOf(link >> 1), tuple);

    public void Prefetch(int id)
    {
        Simd.Prefetch.Read(_record + id);
        PrefetchState(id);
    }

    /// <summary>The line that says whether a place is taken, and how useful its connection is.</summary>
    public void PrefetchState(int id) => Simd.Prefetch.Read((byte*)(_record + id) + Connection.StateOffset);

    /// <summary>What is beside the record of a connection that is not IPv4's.</summary>
    public void PrefetchReply(int id) => Simd.Prefetch.Read(_reply + ((nint)id * AddressBytes));

    /// <summary>A free place, zeroed; <see cref="End"/> when there is none.</summary>
    public int Take()
    {
        int id = _firstFree;
        if (_free > Resting)
        {
            _firstFree = _record[id].Next;
            _free--;
            Prefetch(_firstFree);
        }
        else if (_used < Capacity)
            id = _used++;
        else
            return End;
        _record[id] = default;
        return id;
    }

    /// <summary>Gives back the place of a connection that neither index nor chain holds. It can be read while it rests.</summary>
    public void Free(int id)
    {
        _record[id].Form |= TupleForm.Ended;
        if (_free++ == 0)
            _firstFree = id;
        else
            _record[_lastFree].Next = id;
        _lastFree = id;
    }

    public void Dispose()
    {
        _records.Dispose();
        _replies.Dispose();
    }

    // SAFE: the callers' words are within what they compare
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Word(in FlowKeyV6 start, int index) => Unsafe.Add(ref Unsafe.As<FlowKeyV6, uint>(ref Unsafe.AsRef(in start)), index);
}
