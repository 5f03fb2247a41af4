using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using DatapathKernels.Memory;
using DatapathKernels.Packets;

namespace DatapathKernels.Datapaths;

/// <content>
/// Plain packets in stages, each over the whole burst, so that the memory's answers to one packet come while others are worked on: the service; the entry that says which
/// backend (or of what the packet is an answer); the backend; the packet's own connection. A stage asks for what the next one reads. What it finds is a hint where something
/// may enter the connection map meanwhile: <see cref="TryRunPlain"/> sees to that.
/// </content>
public sealed unsafe partial class EbpfDatapath
{
    // Flights; then, an array each: the flows asked for, the packets' own flows, service keys, the hashes of the first two, frontends.
    private readonly NativeBuffer _flightMemory = new((nuint)(PacketBurst.MaxCount * (sizeof(EbpfFlight) + (3 * sizeof(FlowKeyV4)) + (2 * sizeof(ulong)) + sizeof(EbpfServiceEntry))));

    private EbpfFlight* Flights
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => (EbpfFlight*)_flightMemory.Pointer;
    }

    /// <summary>Of a packet to a service: its flow in the scope of services. Of any other: the flow that it would answer.</summary>
    private FlowKeyV4* Asked
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => (FlowKeyV4*)(Flights + PacketBurst.MaxCount);
    }

    /// <summary>The packet's own connection: with the backend, when it goes to a service.</summary>
    private FlowKeyV4* Own
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Asked + PacketBurst.MaxCount;
    }

    private FlowKeyV4* ServiceKeys => Own + PacketBurst.MaxCount;

    private ulong* AskedHash
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => (ulong*)(ServiceKeys + PacketBurst.MaxCount);
    }

    private ulong* OwnHash
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => AskedHash + PacketBurst.MaxCount;
    }

    private EbpfServiceEntry* Frontends => (EbpfServiceEntry*)(OwnHash + PacketBurst.MaxCount);

    /// <summary>
    /// Returns the usual packets among them: see <see cref="TryRunUsual"/>. What other packets of the burst left in the arrays is hashed with theirs, eight at a time, and means
    /// nothing.
    /// </summary>
    private ulong PreparePlain(ref PlainWay way, ulong packets)
    {
        int count = way.Burst.Count;
        EbpfFlight* flights = Flights;
        FlowKeyV4[] keys = KeysV4;
        _services.Find(keys.AsSpan(0, count), new Span<FlowKeyV4>(ServiceKeys, count), new Span<EbpfServiceEntry>(Frontends, count));
        for (ulong rest = packets; rest != 0; rest &= rest - 1)
        {
            int i = BitOperations.TrailingZeroCount(rest);
            AskFor(i, keys[i], Frontends[i]);
        }

        _connections.Prepare(new ReadOnlySpan<FlowKeyV4>(Asked, count), new Span<ulong>(AskedHash, count));
        ulong opening = 0;
        for (ulong rest = packets; rest != 0; rest &= rest - 1)
        {
            int i = BitOperations.TrailingZeroCount(rest);
            opening |= (FindAsked(i) ? 1UL : 0) << i;
        }

        if (opening != 0)
            ForeseeDraws(opening);
        ulong balanced = 0;
        for (ulong rest = packets; rest != 0; rest &= rest - 1)
        {
            int i = BitOperations.TrailingZeroCount(rest);
            if (flights[i].Backend == 0)
                continue;
            balanced |= 1UL << i;
            SetOwn(i, keys[i], _backends[flights[i].Backend - 1]);
        }

        _connections.Prepare(new ReadOnlySpan<FlowKeyV4>(Own, count), new Span<ulong>(OwnHash, count));
        ulong usual = 0;
        for (ulong rest = balanced & ~opening; rest != 0; rest &= rest - 1)
        {
            int i = BitOperations.TrailingZeroCount(rest);
            usual |= (IsUsual(ref way, i, ref flights[i]) ? 1UL : 0) << i;
        }

        if (opening != 0)
            PrepareRoom(opening);
        _preparedAt = _connections.Insertions;
        return usual;
    }

    /// <summary>Connections to services that are about to begin take two entries each.</summary>
    private void PrepareRoom(ulong opening)
    {
        for (ulong rest = opening; rest != 0; rest &= rest - 1)
        {
            int i = BitOperations.TrailingZeroCount(rest);
            _connections.PrepareRoom(AskedHash[i]);
            if (Flights[i].Backend != 0)
                _connections.PrepareMarks(OwnHash[i]);
        }

        for (ulong rest = opening; rest != 0; rest &= rest - 1)
        {
            int i = BitOperations.TrailingZeroCount(rest);
            if (Flights[i].Backend != 0)
                _connections.PrepareRoom(OwnHash[i]);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void AskFor(int index, in FlowKeyV4 key, EbpfServiceEntry service)
    {
        ref EbpfFlight flight = ref Flights[index];
        (flight.Service, flight.Backend) = (service, 0);
        if (service.Exists)
        {
            Asked[index] = InScope(key, ServiceScope);
            return;
        }

        Asked[index] = FlowKeyV4.Reverse(key);
        Own[index] = key;
    }

    /// <summary>The backend is the entry's. True for a packet that has none, and seems to open a connection to a service.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool FindAsked(int index)
    {
        ref EbpfFlight flight = ref Flights[index];
        flight.Entry = _connections.Locate(Asked[index], AskedHash[index], out flight.Place);
        if (!flight.Service.Exists)
            return false;
        if (flight.Entry == null)
        {
            _slots.Prefetch(flight.Service.FirstSlot);
            _connections.PrepareMarks(AskedHash[index]);
            return true;
        }

        flight.Backend = flight.Entry->Number;
        _backends.Prefetch(flight.Backend - 1);
        return false;
    }

    /// <summary>The backends that new connections will draw when the packets before them draw as expected.</summary>
    private void ForeseeDraws(ulong opening)
    {
        ulong draw = _draw;
        for (ulong rest = opening; rest != 0; rest &= rest - 1)
        {
            ref EbpfFlight flight = ref Flights[BitOperations.TrailingZeroCount(rest)];
            flight.Backend = DrawPlain(flight.Service, ref draw);
            if (flight.Backend != 0)
                _backends.Prefetch(flight.Backend - 1);
        }
    }

    /// <summary>The packet goes to that backend.</summary>
    private void PrepareOwn(int index, int backend)
    {
        Flights[index].Backend = backend;
        SetOwn(index, KeysV4[index], _backends[backend - 1]);
        OwnHash[index] = _connections.Prepare(Own[index]);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void SetOwn(int index, in FlowKeyV4 key, in EbpfBackend to) =>
        Own[index] = new FlowKeyV4(key.SourceBe, WordOf(to.Address), key.SourcePortBe, to.PortBe, key.Protocol);

    /// <summary>The same flow in another scope: the zone is the last of a key's eight half words.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static FlowKeyV4 InScope(in FlowKeyV4 key, ushort scope) =>
        Unsafe.BitCast<Vector128<ushort>, FlowKeyV4>(Unsafe.BitCast<FlowKeyV4, Vector128<ushort>>(key).WithElement(7, scope));
}
