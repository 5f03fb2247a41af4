using System.Runtime.InteropServices;

namespace DatapathKernels.LoadBalancing;

/// <summary>A client's backend and when it was last used.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly struct AffinityUse(int backend, uint lastSeconds)
{
    public readonly int Backend = backend;
    public readonly uint LastSeconds = lastSeconds;
}
