namespace DatapathKernels.LoadBalancing;

/// <summary>Options of the hashing schedulers, as <c>ipvsadm -b</c> takes them. The values are the kernel's.</summary>
[Flags]
public enum SchedulerFlags : byte
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary><c>sh-fallback</c>, <c>mh-fallback</c>: when the client's server is not usable, look for another by rehashing.</summary>
    Fallback = 0x08,

    /// <summary><c>sh-port</c>, <c>mh-port</c>: the client's port counts too.</summary>
    Port = 0x10,
}
