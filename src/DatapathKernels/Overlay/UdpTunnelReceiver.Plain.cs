using System.Runtime.CompilerServices;
using DatapathKernels.Packets;

namespace DatapathKernels.Overlay;

/// <summary>
/// The packet that nearly every packet is, told by one chain of compares: whole UDP over IPv4 without options, to this end, without checksum and congestion, its
/// tunnel header the very one the last accepted packet had, an Ethernet frame in it that has room for its IPv6 header. All checks of the general way are
/// answered by that; a packet that fails any of these takes that way, which says what is wrong with it, or accepts it.
/// </summary>
public sealed partial class UdpTunnelReceiver
{
    private const int PlainHeaders = Ipv4Header.MinSize + UdpBytes + VxlanHeader.Bytes;
    private const uint LeastPlain = PlainHeaders + EthernetHeader.Size + Ipv6Header.Size;

    // Before any was accepted. A packet may have it, but is none to accept: it has reserved bits of VXLAN and a version unknown in Geneve.
    private const ulong NoHeader = ulong.MaxValue;

    // The last header accepted, without policy group and options: its network is one of ours. One word, so that threads see one or another, never half of it.
    private ulong _lastHeader = NoHeader;

    /// <summary>VXLAN and Geneve have it in the same place.</summary>
    private static uint NetworkOf(ulong header) => (uint)header >> 8;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool IsPlain(ref byte frame, int bytes, in PacketInfo info, out ulong header)
    {
        const PacketFlags usual = PacketFlags.Ipv4 | PacketFlags.Transport, unusual = PacketFlags.Fragment | PacketFlags.Options;
        header = 0;
        if (info.Status != ParseStatus.Ok || info.Protocol != IpProtocol.Udp || (info.Flags & (usual | unusual)) != usual || info.L3Length < LeastPlain
            || info.L3Offset + (ulong)info.L3Length > (uint)bytes || !_takesPlain)
            return false;

        // SAFE: the frame has L3Length bytes there, enough for all headers read.
        ref byte network = ref Unsafe.Add(ref frame, info.L3Offset);
        ulong udp = OuterHeader.ReadBigEndian64(ref Unsafe.Add(ref network, Ipv4Header.MinSize));
        header = OuterHeader.ReadBigEndian64(ref Unsafe.Add(ref network, Ipv4Header.MinSize + UdpBytes));
        ulong wanted = ((ulong)options.Port << 32) | ((info.L3Length - Ipv4Header.MinSize) << 16);
        return (udp & 0x0000_ffff_ffff_ffff) == wanted && header == _lastHeader && header != NoHeader && Unsafe.ReadUnaligned<uint>(ref Unsafe.Add(ref network, 16)) == _local
            && (Unsafe.Add(ref network, 1) & Ecn.Mask) == 0 && InternetChecksum.IsValidHeader(ref network);
    }
}
