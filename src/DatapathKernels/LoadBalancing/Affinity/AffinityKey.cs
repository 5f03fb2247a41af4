using System.Runtime.InteropServices;

namespace DatapathKernels.LoadBalancing;

/// <summary>A client and what it is remembered for. Without padding for the addresses of either family, so that all bytes may be compared.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 4)]
internal readonly struct AffinityKey<TAddress>(in TAddress client, uint subject)
    where TAddress : unmanaged
{
    public readonly TAddress Client = client;
    public readonly uint Subject = subject;
}
