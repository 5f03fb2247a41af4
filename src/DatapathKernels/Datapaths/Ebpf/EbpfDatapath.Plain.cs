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
    private readonly NativeBuffer _flightMemory = new((nuint)(PacketBurst.MaxCount * sizeof(EbpfFlight)));

    private EbpfFlight* Flights
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => (EbpfFlight*)_flightMemory.Pointer;
    }

    private void PreparePlain(ulong packets)
    {
        EbpfFlight* flights = Flights;
        FlowKeyV4[] keys = KeysV4;
        for (ulong rest = packets; rest != 0; rest &= rest - 1)
        {
            int i = BitOperations.TrailingZeroCount(rest);
            flights[i].AskedHash = _services.Prepare(keys[i]);
        }

        for (ulong rest = packets; rest != 0; rest &= rest - 1)
        {
            int i = BitOperations.TrailingZeroCount(rest);
            FindService(ref flights[i], keys[i]);
        }

        ulong opening = 0;
        for (ulong rest = packets; rest != 0; rest &= rest - 1)
        {
            int i = BitOperations.TrailingZeroCount(rest);
            opening |= (FindAsked(ref flights[i]) ? 1UL : 0) << i;
        }

        if (opening != 0)
            ForeseeDraws(opening);
        for (ulong rest = packets; rest != 0; rest &= rest - 1)
        {
            int i = BitOperations.TrailingZeroCount(rest);
            if (flights[i].Service.Exists && flights[i].Backend != 0)
                PrepareOwn(ref flights[i], keys[i], flights[i].Backend);
        }

        if (opening != 0)
            PrepareRoom(opening);
        _preparedAt = _connections.Insertions;
    }

    /// <summary>Connections to services that are about to begin take two entries each.</summary>
    private void PrepareRoom(ulong opening)
    {
        for (ulong rest = opening; rest != 0; rest &= rest - 1)
        {
            ref EbpfFlight flight = ref Flights[BitOperations.TrailingZeroCount(rest)];
            _connections.PrepareRoom(flight.AskedHash);
            if (flight.Backend != 0)
                _connections.PrepareMarks(flight.OwnHash);
        }

        for (ulong rest = opening; rest != 0; rest &= rest - 1)
        {
            ref EbpfFlight flight = ref Flights[BitOperations.TrailingZeroCount(rest)];
            if (flight.Backend != 0)
                _connections.PrepareRoom(flight.OwnHash);
        }
    }

    private void FindService(ref EbpfFlight flight, in FlowKeyV4 key)
    {
        flight.Service = _services.Find(key, flight.AskedHash);
        flight.Backend = 0;
        if (flight.Service.Exists)
        {
            flight.Asked = InScope(key, ServiceScope);
            flight.AskedHash = _connections.Prepare(flight.Asked);
            return;
        }

        flight.Asked = FlowKeyV4.Reverse(key);
        flight.AskedHash = _connections.Prepare(flight.Asked);
        flight.Own = key;
        flight.OwnHash = _connections.Prepare(flight.Own);
    }

    /// <summary>The backend is the entry's. True for a packet that has none, and seems to open a connection to a service.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool FindAsked(ref EbpfFlight flight)
    {
        flight.Entry = _connections.Locate(flight.Asked, flight.AskedHash, out flight.Place);
        if (!flight.Service.Exists)
            return false;
        if (flight.Entry == null)
        {
            _slots.Prefetch(flight.Service.FirstSlot);
            _connections.PrepareMarks(flight.AskedHash);
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

    private void PrepareOwn(ref EbpfFlight flight, in FlowKeyV4 key, int backend)
    {
        ref EbpfBackend to = ref _backends[backend - 1];
        flight.Backend = backend;
        flight.Own = new FlowKeyV4(key.SourceBe, WordOf(to.Address), key.SourcePortBe, to.PortBe, key.Protocol);
        flight.OwnHash = _connections.Prepare(flight.Own);
    }

    /// <summary>The same flow in another scope: the zone is the last of a key's eight half words.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static FlowKeyV4 InScope(in FlowKeyV4 key, ushort scope) =>
        Unsafe.BitCast<Vector128<ushort>, FlowKeyV4>(Unsafe.BitCast<FlowKeyV4, Vector128<ushort>>(key).WithElement(7, scope));
}
