using System.Runtime.InteropServices;

namespace DatapathKernels.Filtering;

/// <summary>Packets and bytes that met a rule or a policy. Bytes count from the IP header, as the kernel counts them.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct RuleCounters
{
    /// <summary>Packets.</summary>
    public ulong Packets;

    /// <summary>Bytes.</summary>
    public ulong Bytes;
}
