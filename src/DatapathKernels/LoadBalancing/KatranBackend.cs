namespace DatapathKernels.LoadBalancing;

/// <summary>A real server as Katran's rings see it.</summary>
/// <param name="Hash">Its identity: any number that no other real server has (Katran hashes its address).</param>
/// <param name="Weight">Its weight.</param>
public readonly record struct KatranBackend(ulong Hash, uint Weight = 1);
