using System.Runtime.InteropServices;

namespace DatapathKernels.Datapaths;

/// <summary>Where a client was sent last, and when.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct EbpfAffinity
{
    public int Backend;
    public uint UsedSeconds;
}
