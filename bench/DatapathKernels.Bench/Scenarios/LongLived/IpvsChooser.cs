using System.Net;
using DatapathKernels.LoadBalancing;

namespace DatapathKernels.Bench.Scenarios.LongLived;

/// <summary>An IPVS scheduler.</summary>
/// <param name="scheduler">Which.</param>
internal sealed class IpvsChooser(SchedulerKind scheduler) : IBackendChooser
{
    private const uint Service = 0x0a60000a;

    private readonly VirtualService _service = new(scheduler);

    /// <inheritdoc/>
    public void Grow(int backends)
    {
        for (int i = _service.Count; i < backends; i++)
            _service.Add(new RealServer(new IPAddress([10, 128, (byte)(1 + (i >> 8)), (byte)i]), 8080));
    }

    /// <inheritdoc/>
    public int Choose(uint client, ushort port) => _service.Schedule(new SchedulingKey(client, Service, port));

    /// <inheritdoc/>
    public void Opened(int backend)
    {
        _service.Bind(backend);
        _service.Activate(backend);
    }

    /// <inheritdoc/>
    public void Closed(int backend) => _service.Unbind(backend, active: true);

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}
