using System.Buffers.Binary;
using DatapathKernels.Diagnostics;
using DatapathKernels.Maps;
using DatapathKernels.Packets;

namespace DatapathKernels.LoadBalancing;

/// <summary>
/// The services of a director, found in the kernel's order (<c>__ip_vs_service_find</c>): by firewall mark; by address and port; FTP's
/// control service for its data ports; the service of any port.
/// </summary>
internal sealed class IpvsServiceTable : IDisposable
{
    private const ushort Ftp = 21, FtpData = 20, FirstUnprivileged = 1024;

    private readonly List<IpvsService?> _services = [];
    private readonly Dictionary<(uint Mark, bool IsV6), int> _marks = [];
    private FlowMap<FlowKeyV6, int> _addresses = new(64);
    private int _anyPort, _ftp;

    public IpvsService? this[int index] => _services[index];

    public IEnumerable<IpvsService> All
    {
        get
        {
            foreach (IpvsService? service in _services)
            {
                if (service != null)
                    yield return service;
            }
        }
    }

    public void Add(IpvsService service)
    {
        if (service.Index >= 0)
            Throw.Argument(nameof(service), "the service is in a director already");
        int index = _services.Count;
        if (service.Mark != 0 ? !_marks.TryAdd((service.Mark, service.IsV6), index) : !TryAdd(KeyOf(service), index))
            Throw.Argument(nameof(service), "there is a service of this address, port and protocol (or mark) already");
        service.Index = index;
        _services.Add(service);
        Count(service, 1);
    }

    public bool Has(IpvsService service) => service.Index >= 0 && service.Index < _services.Count && _services[service.Index] == service;

    public void Remove(IpvsService service)
    {
        if (!Has(service))
            Throw.Argument(nameof(service), "the service is not in this director");
        if (service.Mark != 0)
            _marks.Remove((service.Mark, service.IsV6));
        else
            _addresses.Delete(KeyOf(service));
        _services[service.Index] = null;
        service.Index = -1;
        Count(service, -1);
    }

    public IpvsService? Find(in IpvsTuple packet, uint mark)
    {
        if (mark != 0 && _marks.TryGetValue((mark, packet.IsV6), out int index))
            return _services[index];
        IpvsService? service = At(packet, packet.DestinationPortBe);
        if (service == null && packet.Protocol == IpProtocol.Tcp && _ftp != 0 && IsFtpData(Host(packet.DestinationPortBe)))
            service = At(packet, Be(Ftp));
        return service == null && _anyPort != 0 ? At(packet, 0) : service;
    }

    public void Dispose() => _addresses.Dispose();

    private static bool IsFtpData(ushort port) => port is FtpData or >= FirstUnprivileged;

    private static ushort Be(ushort port) => BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(port) : port;

    private static ushort Host(ushort portBe) => Be(portBe);

    private static FlowKeyV6 KeyOf(IpvsService service) => Key(service.Wire, service.IsV6, Be(service.Port), service.Protocol);

    private static FlowKeyV6 Key(in IPv6Address address, bool ipv6, ushort portBe, IpProtocol protocol) =>
        new(default, address, 0, portBe, protocol, ipv6 ? (ushort)1 : (ushort)0);

    private IpvsService? At(in IpvsTuple packet, ushort portBe) =>
        _addresses.Lookup(Key(packet.Destination, packet.IsV6, portBe, packet.Protocol), out int index) == MapError.Ok ? _services[index] : null;

    private bool TryAdd(in FlowKeyV6 key, int index)
    {
        if (_addresses.Count == _addresses.Capacity)
            Grow();
        return _addresses.Update(key, index, MapUpdate.NoExist) == MapError.Ok;
    }

    private void Grow()
    {
        FlowMap<FlowKeyV6, int> larger = new(_addresses.Capacity * 2);
        foreach (IpvsService service in All)
        {
            if (service.Mark == 0)
                larger.Update(KeyOf(service), service.Index);
        }

        _addresses.Dispose();
        _addresses = larger;
    }

    private void Count(IpvsService service, int by)
    {
        if (service.Mark != 0)
            return;
        _anyPort += service.Port == 0 ? by : 0;
        _ftp += service.Port == Ftp && service.Protocol == IpProtocol.Tcp ? by : 0;
    }
}
