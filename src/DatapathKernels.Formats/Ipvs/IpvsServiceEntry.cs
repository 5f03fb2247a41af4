using DatapathKernels.LoadBalancing;

namespace DatapathKernels.Formats.Ipvs;

/// <summary>A virtual service with its real servers as somebody wrote it down: what <c>ipvsadm -A</c> and <c>-a</c> say of it.</summary>
public sealed record IpvsServiceEntry
{
    /// <summary>A service without servers, options as ipvsadm has them by default.</summary>
    public IpvsServiceEntry(IpvsServiceId id)
    {
        ArgumentNullException.ThrowIfNull(id);
        Id = id;
        PersistencePrefix = id.IsV6 ? 128 : 32;
    }

    /// <summary>What names it.</summary>
    public IpvsServiceId Id { get; }

    /// <summary>The scheduler (<c>-s</c>).</summary>
    public SchedulerKind Scheduler { get; init; } = SchedulerKind.WeightedLeastConnections;

    /// <summary>The scheduler's options (<c>-b</c>).</summary>
    public SchedulerFlags Flags { get; init; }

    /// <summary>Seconds during which a client keeps its server (<c>-p</c>); 0 for none.</summary>
    public int PersistenceSeconds { get; init; }

    /// <summary>Leading bits of a client's address that persistence goes by (<c>-M</c>): 0 to 32, or 1 to 128 for IPv6.</summary>
    public int PersistencePrefix { get; init; }

    /// <summary>One-packet scheduling (<c>-o</c>).</summary>
    public bool IsOnePacket { get; init; }

    /// <summary>The real servers in the order they are added. The kernel's list is the other way round: the last one added stands first.</summary>
    public IReadOnlyList<RealServer> Servers { get; init; } = [];

    /// <summary>What a service of a director is like.</summary>
    public static IpvsServiceEntry Of(IpvsService service)
    {
        ArgumentNullException.ThrowIfNull(service);
        IpvsServiceId id = service.Mark != 0
            ? IpvsServiceId.ForMark(service.Mark, service.IsV6)
            : IpvsServiceId.At(service.Address, service.Port, service.Protocol);
        ReadOnlySpan<int> list = service.Scheduler.ListOrder;
        RealServer[] servers = new RealServer[list.Length];
        for (int i = 0; i < servers.Length; i++)
            servers[i] = service.Scheduler.ServerOf(list[^(i + 1)]);
        return new(id)
        {
            Scheduler = service.Scheduler.Scheduler,
            Flags = service.Scheduler.Flags,
            PersistenceSeconds = service.PersistenceSeconds,
            PersistencePrefix = Math.Min(service.PersistencePrefix, id.IsV6 ? 128 : 32),
            IsOnePacket = service.IsOnePacket,
            Servers = servers,
        };
    }

    /// <summary>Makes the service, its servers added one by one as a restore does.</summary>
    /// <exception cref="ArgumentException">A server the kernel's table would not take, or too many of them.</exception>
    public IpvsService Build()
    {
        VirtualService scheduler = new(Scheduler, Flags);
        foreach (RealServer server in Servers)
            scheduler.Add(server);
        IpvsService service = Id.Mark != 0 ? new(Id.Mark, Id.IsV6, scheduler) : new(Id.Address, Id.Port, Id.Protocol, scheduler);
        service.PersistenceSeconds = PersistenceSeconds;
        service.PersistencePrefix = PersistencePrefix;
        service.IsOnePacket = IsOnePacket;
        return service;
    }
}
