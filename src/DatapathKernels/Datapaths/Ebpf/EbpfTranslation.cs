using System.Runtime.InteropServices;
using DatapathKernels.Packets;

namespace DatapathKernels.Datapaths;

/// <summary>An entry of the source translation map: the address and port that one side of a packet gets.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct EbpfTranslation
{
    public IPv6Address Address;
    public ushort PortBe;
    public uint UsedSeconds;
}
