using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
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
public sealed partial class UdpTunnel
{
    private const int EthernetBytes = 14, AddressBytes = 12, UdpBytes = 8;

    private readonly UdpTunnelOptions _options;
    private readonly byte[] _headers;
    private readonly int _udp;
    private readonly uint _headerSum, _datagramSum;

    // What a packet reads of the options, in the form it needs: the outer DS field by the inner one, and the rest.
    private readonly byte[] _dsFields;
    private readonly ulong _udpPort;
    private readonly ushort _firstPort, _endPort, _fragment, _inheritedFragment;
    private readonly byte _ttl;
    private readonly bool _inheritsTtl, _isCompact, _writesChecksum;

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
        _dsFields = OuterHeader.DsFields(options.InheritsTos, options.Tos, options.Ecn);
        (_fragment, _inheritedFragment) = OuterHeader.FragmentFields(options.DontFragment);
        (_firstPort, _endPort, _udpPort) = (options.MinSourcePort, options.MaxSourcePort, (ulong)options.Port << 32);
        (_ttl, _inheritsTtl, _writesChecksum) = (options.Ttl, options.InheritsTtl, options.WritesChecksum);
        _udp = EthernetBytes + (options.IsV6 ? 40 : 20);
        _headers = new byte[_udp + UdpBytes + tunnelHeader.Length];
        _isCompact = !options.IsV6 && OuterHeader.IsCompact(_headers);
        tunnelHeader.CopyTo(_headers.AsSpan(_udp + UdpBytes));
        BinaryPrimitives.WriteUInt16BigEndian(_headers.AsSpan(_udp + 2), options.Port);
        EthernetWriter.Write(_headers, options.NextHopMac, options.LocalMac, options.IsV6 ? (ushort)0x86dd : (ushort)0x0800);
        WriteNetwork(options);
        if (!options.IsV6)
            _headerSum = InternetChecksum.Sum(_headers.AsSpan(EthernetBytes, 20));
        uint pseudo = options.IsV6
            ? InternetChecksum.PseudoHeaderV6(options.Local, options.Remote, IpProtocol.Udp, 0)
            : InternetChecksum.PseudoHeaderV4(IPv6Address.FirstWord(options.Local), IPv6Address.FirstWord(options.Remote), IpProtocol.Udp, 0);
        _datagramSum = InternetChecksum.Add(pseudo, InternetChecksum.Sum(_headers.AsSpan(_udp)));
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
        if (frameBytes < EthernetBytes || buffer.Length - EthernetBytes > ushort.MaxValue)
            return false;

        // SAFE: the buffer is longer than the headers by an Ethernet header.
        WriteHeaders(ref MemoryMarshal.GetReference(buffer), buffer.Length, flowHash, id, inner);
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

    private static bool IsTagged(ReadOnlySpan<byte> frame) =>
        frame.Length >= AddressBytes + VlanTag.Size + 2 && BinaryPrimitives.ReadUInt16BigEndian(frame[AddressBytes..]) is VlanTag.Dot1Q or VlanTag.Dot1Ad;

    private void WriteNetwork(UdpTunnelOptions options)
    {
        Span<byte> network = _headers.AsSpan(EthernetBytes);
        if (options.IsV6)
        {
            Ipv6Writer.Write(network, new Ipv6Fields { NextHeader = IpProtocol.Udp, HopLimit = options.Ttl, FlowLabel = options.FlowLabel, Source = options.Local, Destination = options.Remote }, 0);
            return;
        }

        // The addresses; the rest is written for each packet.
        MemoryMarshal.Write(network[12..], IPv6Address.FirstWord(options.Local));
        MemoryMarshal.Write(network[16..], IPv6Address.FirstWord(options.Remote));
    }

    /// <summary>
    /// All headers, before a frame of an Ethernet header or more: nothing before <paramref name="outer"/> is touched, nor behind the headers.
    /// What is by far the most common, a known flow of untagged IPv4 over IPv4, is straight-line code without a call.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void WriteHeaders(ref byte outer, int bytes, uint flowHash, ushort id, in PacketInfo inner)
    {
        ref byte frame = ref Unsafe.Add(ref outer, _headers.Length);
        if (!_isCompact || flowHash == 0 || !InnerFields.TryReadPlain(ref frame, bytes - _headers.Length, out InnerFields carried))
        {
            WriteAnyHeaders(ref outer, bytes, flowHash, id, inner);
            return;
        }

        OuterHeader.CopyCompact(_headers, ref outer);
        WriteV4(ref Unsafe.Add(ref outer, EthernetBytes), bytes - EthernetBytes, carried, id);
        WriteUdp(ref Unsafe.Add(ref outer, EthernetBytes + Ipv4Header.MinSize), bytes - (EthernetBytes + Ipv4Header.MinSize), flowHash, ref frame, inner);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void WriteAnyHeaders(ref byte outer, int bytes, uint flowHash, ushort id, in PacketInfo inner)
    {
        ReadOnlySpan<byte> frame = MemoryMarshal.CreateReadOnlySpan(ref Unsafe.Add(ref outer, _headers.Length), bytes - _headers.Length);
        InnerFields carried = InnerFields.OfFrame(frame);
        if (flowHash == 0)
            flowHash = TunnelSourcePort.OfFrame(frame);
        _headers.CopyTo(MemoryMarshal.CreateSpan(ref outer, _headers.Length));
        ref byte network = ref Unsafe.Add(ref outer, EthernetBytes);
        if (_options.IsV6)
            OuterHeader.FinishV6(ref network, bytes - EthernetBytes, _dsFields[carried.DsField], Ttl(carried));
        else
            WriteV4(ref network, bytes - EthernetBytes, carried, id);
        WriteUdp(ref Unsafe.Add(ref outer, _udp), bytes - _udp, flowHash, ref Unsafe.Add(ref outer, _headers.Length), inner);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void WriteV4(ref byte network, int bytes, InnerFields carried, ushort id) =>
        OuterHeader.FinishV4(ref network, bytes, _headerSum, IpProtocol.Udp, _dsFields[carried.DsField], Ttl(carried), id, (ushort)((carried.Fragment & _inheritedFragment) | _fragment));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void WriteUdp(ref byte udp, int bytes, uint flowHash, ref byte frame, in PacketInfo inner)
    {
        ulong port = TunnelSourcePort.Of(flowHash, _firstPort, _endPort);
        ulong header = (port << 48) | _udpPort | ((ulong)(uint)bytes << 16);
        OuterHeader.WriteBigEndian(ref udp, _writesChecksum ? header | Checksum((uint)port, bytes, ref frame, inner) : header);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private byte Ttl(InnerFields carried) => _inheritsTtl && carried.Ttl != 0 ? carried.Ttl : _ttl;

    /// <summary>The sum of pseudo header, UDP and tunnel header is known but for the source port and the length, which counts in two of them.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ushort Checksum(uint sourcePort, int bytes, ref byte frame, in PacketInfo inner)
    {
        int frameBytes = bytes - (_headers.Length - _udp);
        uint carried = KnownInner.IsPlainTcp(frameBytes, inner) ? KnownInner.SumPlainTcp(ref frame, inner.L4Length) : SumFrame(MemoryMarshal.CreateReadOnlySpan(ref frame, frameBytes), inner);
        return InternetChecksum.ForUdp(InternetChecksum.FinishWide((ulong)_datagramSum + sourcePort + (2 * (uint)bytes) + carried));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static uint SumFrame(ReadOnlySpan<byte> frame, in PacketInfo inner) =>
        inner.HasKey && (inner.Flags & PacketFlags.Transport) != 0 ? KnownInner.Sum(frame, inner) : InternetChecksum.Sum(frame);
}
