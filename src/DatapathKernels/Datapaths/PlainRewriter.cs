using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using DatapathKernels.Packets;

namespace DatapathKernels.Datapaths;

/// <summary>
/// What <see cref="AddressRewriter"/> and <see cref="HeaderRewriter"/> do to whole TCP and UDP packets over IPv4, bit for bit, without asking again what kind of packet it
/// is: for loops that took such packets out of a burst.
/// </summary>
internal static unsafe class PlainRewriter
{
    private const int TimeToLiveOffset = 8, ChecksumOffset = 10, SourceOffset = 12, DestinationOffset = 16;

    // SAFE (all): the packet was parsed as plain, so that its IP header and its transport header's ports and checksum are in the frame.

    /// <summary>The TTL.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static byte TimeToLive(byte* frame, in PacketInfo info) => frame[info.L3Offset + TimeToLiveOffset];

    /// <summary>Takes one off a TTL that is 2 or more.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void LowerTimeToLive(byte* frame, in PacketInfo info)
    {
        byte* header = frame + info.L3Offset;
        header[TimeToLiveOffset]--;
        ushort checksum = Host(Unsafe.ReadUnaligned<ushort>(header + ChecksumOffset));
        Unsafe.WriteUnaligned(header + ChecksumOffset, Host(InternetChecksum.DecrementTtl(checksum)));
    }

    /// <summary>The destination as it stands in the packet.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint DestinationBe(byte* frame, in PacketInfo info) => Unsafe.ReadUnaligned<uint>(frame + info.L3Offset + DestinationOffset);

    /// <summary>The destination port as it stands in the packet.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ushort DestinationPortBe(byte* frame, in PacketInfo info) => Unsafe.ReadUnaligned<ushort>(frame + info.L4Offset + sizeof(ushort));

    /// <summary>Destination NAT.</summary>
    public static void SetDestination(byte* frame, in PacketInfo info, uint addressBe, ushort portBe) =>
        Set(frame, info, DestinationOffset, sizeof(ushort), addressBe, portBe);

    /// <summary>Source NAT.</summary>
    public static void SetSource(byte* frame, in PacketInfo info, uint addressBe, ushort portBe) =>
        Set(frame, info, SourceOffset, 0, addressBe, portBe);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Set(byte* frame, in PacketInfo info, int addressOffset, int portOffset, uint addressBe, ushort portBe) =>
        AddressRewriter.RewritePlain(ref frame[info.L3Offset], info.L4Offset - info.L3Offset, info.Protocol == IpProtocol.Udp, addressOffset, addressBe, portOffset, portBe);

    private static ushort Host(ushort be) => BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(be) : be;
}
