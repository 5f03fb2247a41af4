using System.Runtime.InteropServices;

namespace DatapathKernels.Datapaths;

/// <summary>An entry of the connection map (<c>struct ct_entry</c>).</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct EbpfConnection
{
    /// <summary>When it ends without packets, seconds of the caller's clock.</summary>
    public uint ExpiresSeconds;

    /// <summary>Of a service's entry: the backend, plus one.</summary>
    public int Backend;

    /// <summary>Of any other: the frontend whose name its answers get, plus one; 0 for none.</summary>
    public int ReverseNat;

    public EbpfConnectionFlags Flags;

    public readonly bool IsAlive => (Flags & EbpfConnectionFlags.BothClosing) != EbpfConnectionFlags.BothClosing;
}
