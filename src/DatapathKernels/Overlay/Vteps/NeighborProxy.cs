using System.Buffers.Binary;
using System.Runtime.InteropServices;
using DatapathKernels.Hashing;
using DatapathKernels.Maps;
using DatapathKernels.Packets;

namespace DatapathKernels.Overlay;

/// <summary>
/// Answers ARP requests and neighbour solicitations at the entrance of an overlay instead of flooding them (RFC 9161; <c>arp_reduce</c>
/// and <c>neigh_reduce</c> of Linux's vxlan device with <c>proxy</c>): one lookup each, and a ready reply.
/// </summary>
/// <remarks>One thread writes; others may answer meanwhile, unless the proxy learns.</remarks>
public sealed partial class NeighborProxy : IDisposable
{
    private readonly FlowMap<RawKey<NeighborKey>, NeighborEntry> _neighbors;

    /// <summary>Makes a proxy that knows nobody.</summary>
    /// <param name="capacity">The most neighbours, of both families together.</param>
    /// <exception cref="ArgumentOutOfRangeException">No such capacity.</exception>
    public NeighborProxy(int capacity) => _neighbors = new(capacity);

    /// <summary>Senders of requests become known. Off unless asked for: a stranger could take over any address.</summary>
    public bool Learns { get; init; }

    /// <summary>Neighbours known.</summary>
    public int Count => _neighbors.Count;

    /// <summary>Bytes of native memory.</summary>
    public long MemoryBytes => _neighbors.MemoryBytes;

    /// <summary>Says who has an IPv4 address; said again, it moves.</summary>
    /// <param name="vni">The network.</param>
    /// <param name="addressBe">The address, network byte order.</param>
    /// <param name="mac">Who has it.</param>
    /// <returns>Ok, or NoSpace.</returns>
    /// <exception cref="ObjectDisposedException">The proxy was disposed.</exception>
    public MapError Set(uint vni, uint addressBe, MacAddress mac) => _neighbors.Update(KeyV4(vni, addressBe), new NeighborEntry(mac, false));

    /// <summary>Says who has an IPv6 address; said again, it moves.</summary>
    /// <param name="vni">The network.</param>
    /// <param name="address">The address.</param>
    /// <param name="mac">Who has it.</param>
    /// <param name="isRouter">It is a router, which advertisements say.</param>
    /// <returns>Ok, or NoSpace.</returns>
    /// <exception cref="ObjectDisposedException">The proxy was disposed.</exception>
    public MapError Set(uint vni, in IPv6Address address, MacAddress mac, bool isRouter = false) => _neighbors.Update(KeyV6(vni, address), new NeighborEntry(mac, isRouter));

    /// <summary>Forgets an IPv4 address.</summary>
    /// <returns>Ok, or NotFound.</returns>
    /// <exception cref="ObjectDisposedException">The proxy was disposed.</exception>
    public MapError Remove(uint vni, uint addressBe) => _neighbors.Delete(KeyV4(vni, addressBe));

    /// <summary>Forgets an IPv6 address.</summary>
    /// <returns>Ok, or NotFound.</returns>
    /// <exception cref="ObjectDisposedException">The proxy was disposed.</exception>
    public MapError Remove(uint vni, in IPv6Address address) => _neighbors.Delete(KeyV6(vni, address));

    /// <summary>Answers a frame.</summary>
    /// <param name="vni">The network it is in.</param>
    /// <param name="frame">An Ethernet frame, untagged.</param>
    /// <param name="reply">Room for the answer: <see cref="MostReplyBytes"/> always suffice.</param>
    /// <param name="bytes">Bytes of the answer, a whole Ethernet frame without padding; 0 unless the result is <see cref="NeighborStatus.Answered"/>.</param>
    /// <exception cref="ObjectDisposedException">The proxy was disposed.</exception>
    public NeighborStatus Answer(uint vni, ReadOnlySpan<byte> frame, Span<byte> reply, out int bytes)
    {
        bytes = 0;
        if (frame.Length < EthernetHeader.Size)
            return NeighborStatus.NotARequest;
        return BinaryPrimitives.ReadUInt16BigEndian(frame[12..]) switch
        {
            ArpHeader.EtherType => AnswerArp(vni, frame, reply, out bytes),
            Ipv6Header.EtherType => AnswerSolicitation(vni, frame, reply, out bytes),
            _ => NeighborStatus.NotARequest,
        };
    }

    /// <summary>Gives the memory back; later calls throw.</summary>
    public void Dispose() => _neighbors.Dispose();

    private static RawKey<NeighborKey> KeyV4(uint vni, uint addressBe) => new(new NeighborKey(vni, IPv6Address.OfV4(addressBe), false));

    private static RawKey<NeighborKey> KeyV6(uint vni, in IPv6Address address) => new(new NeighborKey(vni, address, true));

    private NeighborStatus AnswerArp(uint vni, ReadOnlySpan<byte> frame, Span<byte> reply, out int bytes)
    {
        const int size = EthernetHeader.Size + ArpHeader.Size;
        bytes = 0;
        ReadOnlySpan<byte> packet = frame[EthernetHeader.Size..];
        ParseStatus parsed = ArpHeader.TryParse(packet, out ArpHeader arp);
        if (parsed != ParseStatus.Ok)
            return parsed == ParseStatus.TruncatedArp ? NeighborStatus.Malformed : NeighborStatus.NotARequest;
        if (arp.Operation != ArpHeader.Request)
            return NeighborStatus.NotARequest;
        if (arp.SenderMac.IsMulticast)
            return NeighborStatus.Malformed;
        uint senderBe = MemoryMarshal.Read<uint>(packet[14..]), targetBe = MemoryMarshal.Read<uint>(packet[24..]);
        if (Learns && arp.SenderAddress != 0 && !IsBadTarget(arp.SenderAddress))
            Set(vni, senderBe, arp.SenderMac);
        if (arp.SenderAddress == arp.TargetAddress)
            return NeighborStatus.Gratuitous;
        if (IsBadTarget(arp.TargetAddress))
            return NeighborStatus.BadTarget;
        if (_neighbors.Lookup(KeyV4(vni, targetBe), out NeighborEntry found) != MapError.Ok)
            return NeighborStatus.Unknown;
        if (found.Mac == arp.SenderMac || reply.Length < size)
            return NeighborStatus.NoAnswer;
        EthernetWriter.Write(reply, arp.SenderMac, found.Mac, ArpHeader.EtherType);
        bytes = EthernetHeader.Size + ArpWriter.Write(reply[EthernetHeader.Size..], ArpHeader.Reply, found.Mac, arp.TargetAddress, arp.SenderMac, arp.SenderAddress);
        return NeighborStatus.Answered;
    }

    /// <summary>Zero, loopback, group, and broadcast addresses; host order.</summary>
    private static bool IsBadTarget(uint address) => address == 0 || address >> 24 == 127 || address >> 28 == 14 || address == uint.MaxValue;
}
