namespace DatapathKernels.LoadBalancing;

/// <summary>
/// Counts the servers removed from all services of a director. While it stands still every connection's server is still there,
/// which saves a packet the look at its service: three cold lines among 30,000 services.
/// </summary>
internal sealed class RemovalClock
{
    public int Removals { get; set; }
}
