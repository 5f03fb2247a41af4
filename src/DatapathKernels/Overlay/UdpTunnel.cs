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
/// Immutable but for a counter and the path MTU: one a worker and remote. A frame with headroom is not copied. Cost: with the checksum off it does not
/// depend on the frame's length; with it on, the frame is read once, unless its own checksum is known to be right.
/// </remarks>
public sealed partial class UdpTunnel
{
    private const int EthernetBytes = 14, AddressBytes = 12, UdpBytes = 8;

    private readonly UdpTunnelOptions _options;
    private readonly byte[] _headers;
    private readonly int _udp;
    private readonly OuterIpv4 _v4;
    private readonly OuterIpv6 _v6;
    private readonly bool _isV6, _writesChecksum;

    // The port as in the first eight bytes of the UDP header; the sum of pseudo, UDP and tunnel header, but for source port and length.
    private readonly ulong _udpPort;
    private readonly uint _datagramSum, _firstPort, _ports;
    private int _pathMtu;

    /// <summary>Builds the headers of a VXLAN tunnel.</summary>
    /// <param name="options">Both ends.</param>
    /// <param name="vni">The network.</param>
    /// <param name="group">The source's policy group; see <see cref="VxlanHeader.Write"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option out of its range.</exception>
    public static UdpTunnel Vxlan(UdpTunnelOptions options, uint vni, uint? group = null)
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
        OuterDsField dsField = new(options.InheritsTos, options.Tos, options.Ecn);
        (_firstPort, _ports, _udpPort) = (options.MinSourcePort, (uint)(options.MaxSourcePort - options.MinSourcePort), (ulong)options.Port << 32);
        (_isV6, _writesChecksum) = (options.IsV6, options.WritesChecksum);
        _udp = EthernetBytes + (options.IsV6 ? 40 : 20);
        _headers = new byte[_udp + UdpBytes + tunnelHeader.Length];
        tunnelHeader.CopyTo(_headers.AsSpan(_udp + UdpBytes));
        BinaryPrimitives.WriteUInt16BigEndian(_headers.AsSpan(_udp + 2), options.Port);
        EthernetWriter.Write(_headers, options.NextHopMac, options.LocalMac, options.IsV6 ? (ushort)0x86dd : (ushort)0x0800);
        WriteNetwork(options);
        if (options.IsV6)
            _v6 = new OuterIpv6(dsField, options.FlowLabel, options.Ttl, options.InheritsTtl, IpProtocol.Udp);
        else
            _v4 = new OuterIpv4(dsField, options.DontFragment, options.Ttl, options.InheritsTtl, IpProtocol.Udp, _headers.AsSpan(EthernetBytes));
        uint pseudo = options.IsV6
            ? InternetChecksum.PseudoHeaderV6(options.Local, options.Remote, IpProtocol.Udp, 0)
            : InternetChecksum.PseudoHeaderV4(IPv6Address.FirstWord(options.Local), IPv6Address.FirstWord(options.Remote), IpProtocol.Udp, 0);
        _datagramSum = (ushort)~InternetChecksum.Finish(InternetChecksum.Add(pseudo, InternetChecksum.Sum(_headers.AsSpan(_udp))));
        PathMtu = options.PathMtu ?? ushort.MaxValue;
    }

    /// <summary>Bytes of all outer headers: the headroom a frame needs.</summary>
    public int HeaderBytes => _headers.Length;

    /// <summary>Bytes by which an IP packet grows: 50 for VXLAN over IPv4. The inner Ethernet header counts, the outer one does not; both have 14.</summary>
    public int OverheadBytes => _headers.Length;

    /// <summary>
    /// The longest outer packet written, bytes from its IP header on. A longer one is refused, and its sender to be told (<see cref="TooBigBuilder"/>) or the packet fragmented;
    /// who wants it whole all the same, for <see cref="PacketSegmenter"/> or <see cref="PacketFragmenter"/>, leaves this at 65,535 or sets it there. Takes what <see cref="PathMtuCache"/> learns.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">Below 68 or above 65,535.</exception>
    public int PathMtu
    {
        get => _pathMtu;
        set
        {
            if (value is < 68 or > ushort.MaxValue)
                Throw.OutOfRange(nameof(value), value, "68 to 65535 bytes");
            _pathMtu = value;
            _plainLengths = _headers.Length <= OuterHeader.MostCompact ? (uint)Math.Max(0, value - _headers.Length - Ipv4Header.MinSize + 1) : 0;
        }
    }

    /// <summary>The largest IP packet behind an untagged Ethernet header whose outer packet is within <see cref="PathMtu"/>: what its sender is to be told.</summary>
    public int LargestInner => _pathMtu - OverheadBytes;

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
    /// <returns>False, and nothing is written, when the outer packet would be longer than <see cref="PathMtu"/>, or the frame is too short.</returns>
    public bool TryWrite(Span<byte> buffer, uint flowHash, ushort id = 0, in PacketInfo inner = default)
    {
        int frameBytes = buffer.Length - _headers.Length;
        if (frameBytes < EthernetBytes || buffer.Length - EthernetBytes > _pathMtu)
            return false;

        // SAFE: the buffer is longer than the headers by an Ethernet header.
        ref byte outer = ref MemoryMarshal.GetReference(buffer);
        WriteHeaders(ref outer, ref Unsafe.Add(ref outer, _headers.Length), frameBytes, flowHash, id, inner);
        return true;
    }

    /// <summary>The same for a frame without headroom: it is copied, once.</summary>
    /// <param name="frame">The frame.</param>
    /// <param name="destination">Room for both.</param>
    /// <param name="flowHash">A hash of the inner flow.</param>
    /// <param name="id">IPv4 identification.</param>
    /// <param name="inner">What the frame's parse found, as for <see cref="TryWrite"/>.</param>
    /// <returns>Bytes of the outer frame; 0 when it does not fit.</returns>
    public int Copy(ReadOnlySpan<byte> frame, Span<byte> destination, uint flowHash, ushort id = 0, in PacketInfo inner = default)
    {
        if (_options.StripsVlan && VlanStripper.IsTagged(frame))
            return CopyStripped(frame, destination, flowHash, id, inner);
        int bytes = frame.Length + _headers.Length;
        if (destination.Length < bytes || frame.Length < EthernetBytes || bytes - EthernetBytes > _pathMtu)
            return 0;
        frame.CopyTo(destination[_headers.Length..]);
        ref byte outer = ref MemoryMarshal.GetReference(destination);
        WriteHeaders(ref outer, ref MemoryMarshal.GetReference(frame), frame.Length, flowHash, id, inner);
        Copies++;
        return bytes;
    }

    private int CopyStripped(ReadOnlySpan<byte> frame, Span<byte> destination, uint flowHash, ushort id, in PacketInfo inner)
    {
        int bytes = frame.Length - VlanTag.Size + _headers.Length;
        if (destination.Length < bytes)
            return 0;
        frame[..AddressBytes].CopyTo(destination[_headers.Length..]);
        frame[(AddressBytes + VlanTag.Size)..].CopyTo(destination[(_headers.Length + AddressBytes)..]);
        if (!TryWrite(destination[..bytes], flowHash, id, Behind(inner, VlanTag.Size)))
            return 0;
        Copies++;
        return bytes;
    }

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

    /// <summary>All headers of a frame of an Ethernet header or more.</summary>
    /// <param name="outer">Room for them, and the frame behind them: nothing before it is touched, nor behind.</param>
    /// <param name="frame">The frame, there or what it was copied from: bytes just written are dearer to read.</param>
    /// <param name="bytes">Its length.</param>
    /// <param name="flowHash">Its flow.</param>
    /// <param name="id">IPv4 identification.</param>
    /// <param name="inner">What its parse found.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void WriteHeaders(ref byte outer, ref byte frame, int bytes, uint flowHash, ushort id, in PacketInfo inner)
    {
        if (_writesChecksum || !TryWritePlain<WithoutChecksum>(ref outer, ref frame, (uint)bytes, flowHash, id, inner))
            WriteSummed(ref outer, ref frame, bytes, flowHash, id, inner);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void WriteSummed(ref byte outer, ref byte frame, int bytes, uint flowHash, ushort id, in PacketInfo inner)
    {
        if (!_writesChecksum || !TryWritePlain<WithChecksum>(ref outer, ref frame, (uint)bytes, flowHash, id, inner))
            WriteAnyHeaders(ref outer, bytes + _headers.Length, flowHash, id, inner);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void WriteAnyHeaders(ref byte outer, int bytes, uint flowHash, ushort id, in PacketInfo inner)
    {
        ReadOnlySpan<byte> frame = MemoryMarshal.CreateReadOnlySpan(ref Unsafe.Add(ref outer, _headers.Length), bytes - _headers.Length);
        InnerFields carried = InnerFields.OfFrame(frame);
        if (flowHash == 0)
            flowHash = TunnelSourcePort.OfFrame(frame);
        _headers.CopyTo(MemoryMarshal.CreateSpan(ref outer, _headers.Length));
        WriteNetwork(ref Unsafe.Add(ref outer, EthernetBytes), (uint)(bytes - EthernetBytes), carried, id);
        WriteUdp(ref Unsafe.Add(ref outer, _udp), (uint)(bytes - _udp), flowHash, frame, inner);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void WriteNetwork(ref byte network, uint bytes, InnerFields carried, ushort id)
    {
        if (_isV6)
            _v6.Write(ref network, bytes, carried);
        else
            _v4.Write(ref network, bytes, carried, id);
    }

    private void WriteUdp(ref byte udp, uint bytes, uint flowHash, ReadOnlySpan<byte> frame, in PacketInfo inner)
    {
        uint port = SourcePort(flowHash);
        ulong header = ((ulong)port << 48) | _udpPort | ((ulong)bytes << 16);
        if (_writesChecksum)
            header |= Checksum(port, bytes, frame, inner);
        OuterHeader.WriteBigEndian(ref udp, header);
    }

    /// <summary>The sum of pseudo header, UDP and tunnel header is known but for the source port and the length, which counts in two of them.</summary>
    private ushort Checksum(uint sourcePort, uint bytes, ReadOnlySpan<byte> frame, in PacketInfo inner)
    {
        bool isKnown = inner.HasKey && (inner.Flags & PacketFlags.Transport) != 0;
        uint carried = isKnown ? KnownInner.Sum(frame, inner) : InternetChecksum.Sum(frame);
        return InternetChecksum.ForUdp(InternetChecksum.FinishWide((ulong)_datagramSum + sourcePort + (2 * bytes) + carried));
    }
}
