using System.Net;

namespace DatapathKernels.Bench.Input;

/// <summary>One burst of the user's cluster: a pod, and the services it talks to. A burst comes in by one interface, so it is of one pod.</summary>
/// <param name="Client">The pod's address.</param>
/// <param name="Targets">A service for each frame of the burst.</param>
internal sealed record ClientGroup(IPAddress Client, IReadOnlyList<ServiceTarget> Targets);
