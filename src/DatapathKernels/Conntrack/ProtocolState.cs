using System.Runtime.InteropServices;

namespace DatapathKernels.Conntrack;

/// <summary>What a tracker knows of a connection, 56 bytes: one of these, by the connection's protocol and the table's policy.</summary>
[StructLayout(LayoutKind.Explicit)]
internal struct ProtocolState
{
    /// <summary>TCP, but under <see cref="EvictionPolicy.Lru"/>.</summary>
    [FieldOffset(0)]
    public TcpFlow Tcp;

    /// <summary>SCTP, but under <see cref="EvictionPolicy.Lru"/>.</summary>
    [FieldOffset(0)]
    public SctpFlow Sctp;

    /// <summary>TCP under <see cref="EvictionPolicy.Lru"/>.</summary>
    [FieldOffset(0)]
    public CiliumFlow Cilium;

    /// <summary>When the last packet came, milliseconds modulo 2^32, of every protocol under <see cref="EvictionPolicy.Lru"/>.</summary>
    [FieldOffset(8)]
    public uint UsedMs;
}
