namespace DatapathKernels.LoadBalancing;

/// <content>
/// A service that is removed while connections have it. They stay, as in the kernel: their packets are dropped as those of a server that is gone, and should a
/// service of that address (or mark) come back with their server, they are its again.
/// </content>
public sealed partial class IpvsDirector
{
    /// <summary>
    /// Removes a service. Its connections stay until their time is over; their packets are <see cref="IpvsStatus.ServerGone"/>. Costs a look at all connections.
    /// </summary>
    /// <exception cref="ArgumentException">It is not in this director.</exception>
    public void Remove(IpvsService service)
    {
        ArgumentNullException.ThrowIfNull(service);
        int removed = service.Index;
        _services.Remove(service);
        service.Scheduler.Clock = null;
        _clock.Removals++;
        HashSet<int> used = [];
        for (int id = 0; id < _store.HighMark; id++)
        {
            ref IpvsConnection connection = ref _store[id];
            if (!connection.Has(IpvsConnectionFlags.Live))
                continue;
            used.Add(connection.Service);
            if (connection.Service != removed)
                continue;
            if (service.Scheduler.Remembers(connection.Server))
                Unbind(connection, service.Scheduler);
            connection.Server = VirtualService.NoServer;
        }

        _services.Forget(used);
    }

    /// <summary>
    /// Gives a connection (or template) of a removed service to the one that came in its place, if that has its server. The kernel does so when the server is added,
    /// here it is done with the next packet: until then it does not count there.
    /// </summary>
    private bool TryAdopt(int id)
    {
        ref IpvsConnection connection = ref _store[id];
        if (connection.Server != VirtualService.NoServer || _services.FindLike(_services[connection.Service]!) is not { } service)
            return false;
        int position = PositionOf(service.Scheduler.Servers, connection);
        if (position < 0)
            return false;
        (connection.Service, connection.Server) = (service.Index, service.Scheduler.ListOrder[position]);
        if (connection.Has(IpvsConnectionFlags.Template))
        {
            service.Scheduler.Retain(connection.Server);
            return true;
        }

        service.Scheduler.BindAt(position);
        if (!connection.Has(IpvsConnectionFlags.Inactive))
            service.Scheduler.Activate(connection.Server);
        return true;
    }

    /// <summary>A connection has its server's port, or the packets' own where the server has none.</summary>
    private static int PositionOf(ServerColumns servers, in IpvsConnection connection)
    {
        bool ipv6 = connection.Has(IpvsConnectionFlags.ServerV6);
        int position = servers.Find(connection.Real, ipv6, Swap(connection.RealPortBe));
        return position >= 0 ? position : servers.Find(connection.Real, ipv6, 0);
    }
}
