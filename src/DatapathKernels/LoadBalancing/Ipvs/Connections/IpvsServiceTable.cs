using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using DatapathKernels.Diagnostics;
using DatapathKernels.Hashing;
using DatapathKernels.Packets;

namespace DatapathKernels.LoadBalancing;

/// <summary>
/// The services of a director, found in the kernel's order (<c>__ip_vs_service_find</c>): by firewall mark; by address and port; FTP's
/// control service for its data ports; the service of any port.
/// </summary>
internal sealed class IpvsServiceTable : IDisposable
{
    private const ushort Ftp = 21, FtpData = 20, FirstUnprivileged = 1024;

    private readonly Dictionary<(uint Mark, bool IsV6), int> _marks = [];
    private readonly AddressIndex<RawKey<ulong>> _v4 = new();
    private readonly AddressIndex<FlowKeyV6> _v6 = new();
    private Slot[] _slots = new Slot[16];
    private int _count, _anyPort, _ftp;

    /// <summary>The service at a place: also one that was removed, while connections may have it.</summary>
    public IpvsService? this[int index] => _slots[index].Service;

    /// <summary>The service at a place unless it was removed.</summary>
    public IpvsService? Current(int index) => this[index] is { } service && service.Index == index ? service : null;

    public IEnumerable<IpvsService> All
    {
        get
        {
            for (int index = 0; index < _count; index++)
            {
                if (Current(index) is { } service)
                    yield return service;
            }
        }
    }

    public void Add(IpvsService service)
    {
        if (service.Index >= 0)
            Throw.Argument(nameof(service), "the service is in a director already");
        int index = _count;
        if (service.Mark != 0 ? !_marks.TryAdd((service.Mark, service.IsV6), index) : !TryAdd(service, index))
            Throw.Argument(nameof(service), "there is a service of this address, port and protocol (or mark) already");
        service.Index = index;
        if (_count == _slots.Length)
            Array.Resize(ref _slots, 2 * _count);
        _slots[_count++] = new Slot { Service = service, Scheduler = service.Scheduler, Servers = service.Scheduler.Servers };
        Count(service, 1);
    }

    public bool Has(IpvsService service) => service.Index >= 0 && service.Index < _count && this[service.Index] == service;

    /// <summary>The service now there of the address, port and protocol (or mark) of one that was removed.</summary>
    public IpvsService? FindLike(IpvsService removed)
    {
        int index = removed.Mark != 0 ? _marks.GetValueOrDefault((removed.Mark, removed.IsV6), IpvsConnection.None)
            : removed.IsV6 ? _v6.Find(KeyV6(removed.Wire, Be(removed.Port), removed.Protocol)) : _v4.Find(KeyV4(removed.Wire, Be(removed.Port), removed.Protocol));
        return index < 0 ? null : this[index];
    }

    public void Remove(IpvsService service)
    {
        if (!Has(service))
            Throw.Argument(nameof(service), "the service is not in this director");
        if (service.Mark != 0)
            _marks.Remove((service.Mark, service.IsV6));
        else if (service.IsV6)
            _v6.Remove(KeyV6(service.Wire, Be(service.Port), service.Protocol));
        else
            _v4.Remove(KeyV4(service.Wire, Be(service.Port), service.Protocol));
        _slots[service.Index] = new Slot { Service = service };
        service.Index = -1;
        Count(service, -1);
    }

    /// <summary>Forgets the removed services that no connection has.</summary>
    /// <param name="used">The places that connections name.</param>
    public void Forget(HashSet<int> used)
    {
        for (int index = 0; index < _count; index++)
        {
            if (Current(index) == null && !used.Contains(index))
                _slots[index] = default;
        }
    }

    public IpvsService? Find(in IpvsTuple packet, uint mark)
    {
        if (mark != 0 && _marks.TryGetValue((mark, packet.IsV6), out int index))
            return this[index];
        IpvsService? service = At(packet, packet.DestinationPortBe);
        if (service == null && packet.Protocol == IpProtocol.Tcp && _ftp != 0 && IsFtpData(Host(packet.DestinationPortBe)))
            service = At(packet, Be(Ftp));
        return service == null && _anyPort != 0 ? At(packet, 0) : service;
    }

    /// <summary>Asks the memory for what finding the service of a packet's own address and port reads.</summary>
    public void PrefetchKey(in FlowKeyV4 packet) => _v4.Prefetch(KeyV4(packet.DestinationBe, packet.DestinationPortBe, packet.Protocol));

    /// <inheritdoc cref="PrefetchKey(in FlowKeyV4)"/>
    public void PrefetchKey(in FlowKeyV6 packet) => _v6.Prefetch(KeyV6(packet.Destination, packet.DestinationPortBe, packet.Protocol));

    /// <summary>The place of the service of a packet's own address and port, of which the memory is then asked for all that scheduling reads first; -1 for none.</summary>
    public int PrefetchService(in FlowKeyV4 packet) => PrefetchAt(_v4.Find(KeyV4(packet.DestinationBe, packet.DestinationPortBe, packet.Protocol)));

    /// <inheritdoc cref="PrefetchService(in FlowKeyV4)"/>
    public int PrefetchService(in FlowKeyV6 packet) => PrefetchAt(_v6.Find(KeyV6(packet.Destination, packet.DestinationPortBe, packet.Protocol)));

    private int PrefetchAt(int index)
    {
        if (index >= 0)
        {
            ref Slot slot = ref _slots[index];
            Prefetch(slot.Service);
            Prefetch(slot.Scheduler);
            Prefetch(slot.Servers);
        }

        return index;
    }

    /// <summary>Asks the memory for what scheduling reads of the servers of a service found by <see cref="PrefetchService(in FlowKeyV4)"/>.</summary>
    public void PrefetchServers(int index) => _slots[index].Scheduler!.Prefetch();

    public void Dispose()
    {
        _v4.Dispose();
        _v6.Dispose();
    }

    /// <summary>Two lines of an object.</summary>
    private static unsafe void Prefetch(object? target)
    {
        // SAFE: a prefetch never faults, and where the object has been moved to meanwhile is worth no more than a miss
        byte* start = *(byte**)Unsafe.AsPointer(ref target);
        Simd.Prefetch.Read(start);
        Simd.Prefetch.Read(start + 64);
    }

    private static bool IsFtpData(ushort port) => port is FtpData or >= FirstUnprivileged;

    private static ushort Be(ushort port) => BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(port) : port;

    private static ushort Host(ushort portBe) => Be(portBe);

    private static RawKey<ulong> KeyV4(in IPv6Address address, ushort portBe, IpProtocol protocol) => KeyV4(IPv6Address.FirstWord(address), portBe, protocol);

    private static RawKey<ulong> KeyV4(uint addressBe, ushort portBe, IpProtocol protocol) => new(addressBe | ((ulong)portBe << 32) | ((ulong)protocol << 48));

    private static FlowKeyV6 KeyV6(in IPv6Address address, ushort portBe, IpProtocol protocol) => new(default, address, 0, portBe, protocol);

    private IpvsService? At(in IpvsTuple packet, ushort portBe) => IndexAt(packet, portBe) is >= 0 and var index ? this[index] : null;

    private int IndexAt(in IpvsTuple packet, ushort portBe) => packet.IsV6
        ? _v6.Find(KeyV6(packet.Destination, portBe, packet.Protocol)) : _v4.Find(KeyV4(packet.Destination, portBe, packet.Protocol));

    private bool TryAdd(IpvsService service, int index) => service.IsV6
        ? _v6.TryAdd(KeyV6(service.Wire, Be(service.Port), service.Protocol), index) : _v4.TryAdd(KeyV4(service.Wire, Be(service.Port), service.Protocol), index);

    private void Count(IpvsService service, int by)
    {
        if (service.Mark != 0)
            return;
        _anyPort += service.Port == 0 ? by : 0;
        _ftp += service.Port == Ftp && service.Protocol == IpProtocol.Tcp ? by : 0;
    }

    /// <summary>A service, and what it names beside it: all of it can then be asked of the memory at once.</summary>
    private struct Slot
    {
        public IpvsService? Service;
        public VirtualService? Scheduler;
        public ServerColumns? Servers;
    }
}
