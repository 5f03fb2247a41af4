using DatapathKernels.LoadBalancing;

namespace DatapathKernels.Formats.Ipvs;

/// <summary>The virtual services of a node, as <c>ipvsadm -S</c> lists them; none twice.</summary>
public sealed class IpvsTable
{
    private readonly IpvsServiceEntry[] _services;
    private readonly Dictionary<IpvsServiceId, IpvsServiceEntry> _byId = [];

    /// <summary>A table of these services.</summary>
    /// <exception cref="ArgumentException">Two of them have one name.</exception>
    public IpvsTable(IEnumerable<IpvsServiceEntry> services)
    {
        _services = [.. services];
        foreach (IpvsServiceEntry service in _services)
        {
            if (!_byId.TryAdd(service.Id, service))
                throw new ArgumentException($"the service {service.Id} is there twice", nameof(services));
        }
    }

    /// <summary>The services, in the order they are added.</summary>
    public IReadOnlyList<IpvsServiceEntry> Services => _services;

    /// <summary>What a director holds.</summary>
    public static IpvsTable Of(IpvsDirector director)
    {
        ArgumentNullException.ThrowIfNull(director);
        return new(director.Services.Select(IpvsServiceEntry.Of));
    }

    /// <summary>The service of that name, or null.</summary>
    public IpvsServiceEntry? Find(IpvsServiceId id) => _byId.GetValueOrDefault(id);

    /// <summary>Makes every service and adds it to a director.</summary>
    /// <exception cref="ArgumentException">The director has one of these services already, or a service cannot be made.</exception>
    public void AddTo(IpvsDirector director)
    {
        ArgumentNullException.ThrowIfNull(director);
        foreach (IpvsServiceEntry service in _services)
            director.Add(service.Build());
    }
}
