namespace DatapathKernels.LoadBalancing;

/// <summary>A server that was taken out while connections had it, and how many have it still.</summary>
internal sealed class RemovedServer(int id, RealServer server, ServerEntry entry)
{
    public int Id { get; } = id;

    public RealServer Server { get; } = server;

    public int Active { get; set; } = entry.Active;

    public int Inactive { get; set; } = entry.Inactive;

    public bool IsOverloaded { get; } = entry.IsOverloaded;

    public int UpperThreshold => Server.UpperThreshold;
}
