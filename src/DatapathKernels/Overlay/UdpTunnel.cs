using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using DatapathKernels.Diagnostics;
using DatapathKernels.Packets;

namespace DatapathKernels.Overlay;

/// <summary>
/// Puts Ethernet frames into UDP packets to one remote end, as Linux's vxlan and geneve devices do: the outer headers are built
/// once, and written in front of each frame with what depends on it (<c>vxlan_xmit_one</c>, <c>udp_tunnel_xmit_skb</c>).
/// </summary>
/// <remarks>
/// Immutable but for a counter: one a worker and remote. A frame with headroom is not copied. Cost: with the checksum off it does not
/// depend on the frame's length; with it on, the frame is read once, unless its own checksum is known to be right.
/// </remarks>
public sealed class UdpTunnel
{
    private const int EthernetBytes = 14, AddressBytes = 12, UdpBytes = 8;

    private readonly UdpTunnelOptions _options;
    private readonly byte[] _headers;
    private readonly int _l3, _udp;
    private readonly uint _headerSum, _pseudoSum;

    /// <summary>Builds the headers of a VXLAN tunnel.</summary>
    /// <param name="options">Both ends.</param>
    /// <param name="vni">The network.</param>
    /// <param name="group">The source's policy group, or null.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option out of its range.</exception>
    public static UdpTunnel Vxlan(UdpTunnelOptions options, uint vni, ushort? group = null)
    {
        byte[] header = new byte[VxlanHeader.Bytes];
        VxlanHeader.Write(header, vni, group);
        return new UdpTunnel(options, header);
    }

    /// <summary>Builds the headers of a Geneve tunnel; see <see cref="GeneveHeader.Write"/>.</summary>
    /// <param name="options">Both ends.</param>
    /// <param name="vni">The network.</param>
    /// <param name="geneveOptions">Whole options, as on the wire.</param>
    /// <exception cref="ArgumentException">The options are not whole.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An option out of its range.</exception>
    public static UdpTunnel Geneve(UdpTunnelOptions options, uint vni, ReadOnlySpan<byte> geneveOptions = default)
    {
        byte[] header = new byte[GeneveHeader.Bytes + geneveOptions.Length];
        GeneveHeader.Write(header, vni, geneveOptions);
        return new UdpTunnel(options, header);
    }

    private UdpTunnel(UdpTunnelOptions options, ReadOnlySpan<byte> tunnelHeader)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.MinSourcePort >= options.MaxSourcePort)
            Throw.OutOfRange(nameof(options), options.MinSourcePort, "the range of source ports is empty: its end is not part of it");
        if (options.Ttl == 0 || options.FlowLabel >= 1 << 20)
            Throw.OutOfRange(nameof(options), options.Ttl, "expected a TTL of 1 to 255 and a flow label of 20 bits");
        _options = options;
        (_l3, _udp) = (EthernetBytes, EthernetBytes + (options.IsV6 ? 40 : 20));
        _headers = new byte[_udp + UdpBytes + tunnelHeader.Length];
        tunnelHeader.CopyTo(_headers.AsSpan(_udp + UdpBytes));
        BinaryPrimitives.WriteUInt16BigEndian(_headers.AsSpan(_udp + 2), options.Port);
        EthernetWriter.Write(_headers, options.NextHopMac, options.LocalMac, options.IsV6 ? (ushort)0x86dd : (ushort)0x0800);
        WriteNetwork(options);
        if (!options.IsV6)
            _headerSum = InternetChecksum.Sum(_headers.AsSpan(_l3, 20));
        _pseudoSum = options.IsV6
            ? InternetChecksum.PseudoHeaderV6(options.Local, options.Remote, IpProtocol.Udp, 0)
            : InternetChecksum.PseudoHeaderV4(IPv6Address.FirstWord(options.Local), IPv6Address.FirstWord(options.Remote), IpProtocol.Udp, 0);
    }

    /// <summary>Bytes of all outer headers: the headroom a frame needs.</summary>
    public int HeaderBytes => _headers.Length;

    /// <summary>Bytes by which an IP packet grows: 50 for VXLAN over IPv4. The inner Ethernet header counts, the outer one does not; both have 14.</summary>
    public int OverheadBytes => _headers.Length;

    /// <summary>Frames copied for want of headroom.</summary>
    public long Copies { get; private set; }

    /// <summary>Writes the outer headers in front of a frame.</summary>
    /// <param name="buffer"><see cref="HeaderBytes"/> bytes of room, then the frame, of 14 bytes or more, written as it is: see <see cref="VlanStripper"/>.</param>
    /// <param name="flowHash">A hash of the inner flow, for the source port; 0 for none.</param>
    /// <param name="id">IPv4 identification.</param>
    /// <param name="inner">
    /// With a checksum: what the frame's parse found, when its transport checksum is known to be right; its bytes are not summed then. Offsets count from the
    /// frame's first byte.
    /// </param>
    /// <returns>False, and nothing is written, when the outer packet would be longer than its length field can say, or the frame is too short.</returns>
    public bool TryWrite(Span<byte> buffer, uint flowHash, ushort id = 0, in PacketInfo inner = default)
    {
        int frameBytes = buffer.Length - _headers.Length;
        if (frameBytes < EthernetBytes || buffer.Length - _l3 > ushort.MaxValue)
            return false;
        InnerFrame carried = new(buffer[_headers.Length..]);
        uint hash = flowHash != 0 ? flowHash : TunnelSourcePort.OfFrame(buffer[_headers.Length..]);

        // SAFE: the buffer is longer than the headers by an Ethernet header, and every field written lies in them.
        ref byte outer = ref MemoryMarshal.GetReference(buffer);
        CopyHeaders(ref outer);
        Write(ref outer, _udp, TunnelSourcePort.Of(hash, _options.MinSourcePort, _options.MaxSourcePort));
        Write(ref outer, _udp + 4, buffer.Length - _udp);
        byte tos = Ecn.Encapsulate(_options.InheritsTos ? carried.DsField : _options.Tos, carried.DsField, _options.Ecn);
        byte ttl = _options.InheritsTtl && carried.Ttl != 0 ? carried.Ttl : _options.Ttl;
        if (_options.IsV6)
            FinishV6(buffer[_l3..], tos, ttl);
        else
            FinishV4(ref Unsafe.Add(ref outer, _l3), buffer.Length - _l3, tos, ttl, id, carried);
        if (_options.WritesChecksum)
            WriteChecksum(buffer, inner);
        return true;
    }

    /// <summary>The same for a frame without headroom: it is copied, once.</summary>
    /// <param name="frame">The frame.</param>
    /// <param name="destination">Room for both.</param>
    /// <param name="flowHash">A hash of the inner flow.</param>
    /// <param name="id">IPv4 identification.</param>
    /// <returns>Bytes of the outer frame; 0 when it does not fit.</returns>
    public int Copy(ReadOnlySpan<byte> frame, Span<byte> destination, uint flowHash, ushort id = 0)
    {
        int bytes = frame.Length + _headers.Length;
        if (destination.Length < bytes)
            return 0;
        if (_options.StripsVlan && IsTagged(frame))
        {
            bytes -= VlanTag.Size;
            frame[..AddressBytes].CopyTo(destination[_headers.Length..]);
            frame[(AddressBytes + VlanTag.Size)..].CopyTo(destination[(_headers.Length + AddressBytes)..]);
        }
        else
        {
            frame.CopyTo(destination[_headers.Length..]);
        }

        if (!TryWrite(destination[..bytes], flowHash, id))
            return 0;
        Copies++;
        return bytes;
    }

    /// <summary>Encapsulates frames of an arena in place, in their headroom.</summary>
    /// <param name="arena">The frames.</param>
    /// <param name="first">The first of them.</param>
    /// <param name="flowHashes">A hash each.</param>
    /// <param name="firstId">IPv4 identification of the first; the others count up.</param>
    /// <returns>How many were, from the first on: fewer when one has no headroom or is too long.</returns>
    public int WriteBurst(PacketArena arena, int first, ReadOnlySpan<uint> flowHashes, ushort firstId = 0)
    {
        ArgumentNullException.ThrowIfNull(arena);
        for (int i = 0; i < flowHashes.Length; i++)
        {
            if (!arena.TryPush(first + i, _headers.Length))
                return i;
            if (_options.StripsVlan && VlanStripper.TryStrip(arena.Frame(first + i)[_headers.Length..], out _))
                arena.TryPull(first + i, VlanTag.Size);
            if (TryWrite(arena.Frame(first + i), flowHashes[i], (ushort)(firstId + i)))
                continue;
            arena.TryPull(first + i, _headers.Length);
            return i;
        }

        return flowHashes.Length;
    }

    private static bool IsTagged(ReadOnlySpan<byte> frame) =>
        frame.Length >= AddressBytes + VlanTag.Size + 2 && BinaryPrimitives.ReadUInt16BigEndian(frame[AddressBytes..]) is VlanTag.Dot1Q or VlanTag.Dot1Ad;

    private void WriteNetwork(UdpTunnelOptions options)
    {
        Span<byte> network = _headers.AsSpan(_l3);
        if (options.IsV6)
        {
            Ipv6Writer.Write(network, new Ipv6Fields { NextHeader = IpProtocol.Udp, HopLimit = options.Ttl, FlowLabel = options.FlowLabel, Source = options.Local, Destination = options.Remote }, 0);
            return;
        }

        // Version, protocol and addresses; the rest is written for each packet.
        network[0] = 0x45;
        network[9] = (byte)IpProtocol.Udp;
        MemoryMarshal.Write(network[12..], IPv6Address.FirstWord(options.Local));
        MemoryMarshal.Write(network[16..], IPv6Address.FirstWord(options.Remote));
    }

    private static void FinishV6(Span<byte> network, byte tos, byte ttl)
    {
        ushort first = BinaryPrimitives.ReadUInt16BigEndian(network);
        BinaryPrimitives.WriteUInt16BigEndian(network, (ushort)((first & 0xf00f) | (tos << 4)));
        BinaryPrimitives.WriteUInt16BigEndian(network[4..], (ushort)(network.Length - 40));
        network[7] = ttl;
    }

    /// <summary>The headers as they were built: two overlapping vectors where they are that long, as VXLAN's and Geneve's over IPv4 are.</summary>
    private void CopyHeaders(ref byte outer)
    {
        ref byte built = ref MemoryMarshal.GetArrayDataReference(_headers);
        int last = _headers.Length - Vector256<byte>.Count;
        if (last is < 0 or > 32)
        {
            _headers.CopyTo(MemoryMarshal.CreateSpan(ref outer, _headers.Length));
            return;
        }

        Vector256<byte> end = Vector256.LoadUnsafe(ref built, (nuint)last);
        Vector256.LoadUnsafe(ref built).StoreUnsafe(ref outer);
        end.StoreUnsafe(ref outer, (nuint)last);
    }

    private static void Write(ref byte outer, int offset, int value) =>
        Unsafe.WriteUnaligned(ref Unsafe.Add(ref outer, offset), BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness((ushort)value) : (ushort)value);

    private void FinishV4(ref byte network, int length, byte tos, byte ttl, ushort id, in InnerFrame carried)
    {
        const ushort dontFragment = 0x4000;
        ushort fragment = _options.DontFragment switch
        {
            DontFragmentMode.Set => dontFragment,
            DontFragmentMode.Inherit when carried.DontFragment => dontFragment,
            _ => 0,
        };
        Unsafe.Add(ref network, 1) = tos;
        Write(ref network, 2, length);
        Write(ref network, 4, id);
        Write(ref network, 6, fragment);
        Unsafe.Add(ref network, 8) = ttl;
        uint sum = _headerSum + tos + (uint)length + id + fragment + ((uint)ttl << 8);
        Write(ref network, 10, InternetChecksum.Finish(InternetChecksum.Add(sum, 0)));
    }

    private void WriteChecksum(Span<byte> buffer, in PacketInfo inner)
    {
        Span<byte> datagram = buffer[_udp..];
        int headers = _headers.Length - _udp;
        ReadOnlySpan<byte> frame = datagram[headers..];
        uint sum = InternetChecksum.Add(_pseudoSum, (uint)datagram.Length);
        sum = InternetChecksum.Add(sum, InternetChecksum.Sum(datagram[..headers]));
        sum = InternetChecksum.Add(sum, inner.HasKey && (inner.Flags & PacketFlags.Transport) != 0 ? KnownInner.Sum(frame, inner) : InternetChecksum.Sum(frame));
        BinaryPrimitives.WriteUInt16BigEndian(datagram[6..], InternetChecksum.ForUdp(InternetChecksum.Finish(sum)));
    }
}
