namespace DatapathKernels.LoadBalancing;

/// <summary>A server that was taken out while connections had it, and how many have it still.</summary>
internal sealed class RemovedServer(int id, RealServer server, int active, int inactive, bool isOverloaded)
{
    public int Id { get; } = id;

    public RealServer Server { get; } = server;

    public int Active { get; set; } = active;

    public int Inactive { get; set; } = inactive;

    public bool IsOverloaded { get; } = isOverloaded;

    public int UpperThreshold => Server.UpperThreshold;
}
