using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using DatapathKernels.Diagnostics;
using DatapathKernels.Packets;

namespace DatapathKernels.Overlay;

/// <summary>
/// Puts IPv4 and IPv6 packets into IPv4 or IPv6 packets to one remote end, as Linux does (RFC 2003, RFC 4213, RFC 2473;
/// <c>ip_tunnel_xmit</c>, <c>ip6_tnl_xmit</c>). The outer headers are built once and finished for each packet; the packet itself is
/// neither copied nor read beyond its header.
/// </summary>
/// <remarks>Immutable but for the path MTU: any number of threads may use one.</remarks>
public sealed partial class IpTunnel
{
    private const int EthernetBytes = 14, OptionBytes = 8;

    private readonly IpTunnelOptions _options;
    private readonly byte[] _headers;
    private readonly OuterIpv4 _v4;
    private readonly OuterIpv6 _v6;
    private int _pathMtu;

    /// <summary>Offset of the byte that says which IP version follows.</summary>
    private readonly int _protocolAt;

    /// <summary>Builds the headers.</summary>
    /// <param name="options">Both ends.</param>
    /// <exception cref="ArgumentOutOfRangeException">A TTL of 0, a flow label of more than 20 bits, or an encapsulation limit over IPv4.</exception>
    public IpTunnel(IpTunnelOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.Ttl == 0 || options.FlowLabel >= 1 << 20)
            Throw.OutOfRange(nameof(options), options.Ttl, "expected a TTL of 1 to 255 and a flow label of 20 bits");
        if (options is { IsV6: false, EncapsulationLimit: not null })
            Throw.OutOfRange(nameof(options), options.EncapsulationLimit, "IPv4 has no encapsulation limit");
        _options = options;
        OuterDsField dsField = new(options.InheritsTos, options.Tos, options.Ecn);
        int network = options.IsV6 ? Ipv6Header.Size : Ipv4Header.MinSize;
        _headers = new byte[EthernetBytes + network + (options.EncapsulationLimit is null ? 0 : OptionBytes)];
        EthernetWriter.Write(_headers, options.NextHopMac, options.LocalMac, options.IsV6 ? Ipv6Header.EtherType : Ipv4Header.EtherType);
        PathMtu = options.PathMtu ?? Longest;
        _protocolAt = EthernetBytes + (options.IsV6 ? 6 : 9);
        if (options.IsV6)
            WriteV6(options);
        else
            WriteV4(options);
        if (options.EncapsulationLimit is { } limit)
            _protocolAt = WriteLimit(limit);
        if (options.IsV6)
            _v6 = new OuterIpv6(dsField, options.FlowLabel, options.Ttl, options.InheritsTtl, (IpProtocol)_headers[EthernetBytes + 6]);
        else
            _v4 = new OuterIpv4(dsField, options.DontFragment, options.Ttl, options.InheritsTtl, 0, _headers.AsSpan(EthernetBytes));
    }

    /// <summary>Bytes of all outer headers, Ethernet's included.</summary>
    public int HeaderBytes => _headers.Length;

    /// <summary>Bytes by which an IP packet grows: 20 over IPv4; 40 over IPv6, or 48 with an encapsulation limit.</summary>
    public int OverheadBytes => _headers.Length - EthernetBytes;

    /// <summary>The longest outer packet written, bytes from its IP header on; a longer one is <see cref="IpEncapStatus.TooLong"/>. See <see cref="UdpTunnel.PathMtu"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Below 68, or more than a length field can say: 65,535, over IPv6 65,575.</exception>
    public int PathMtu
    {
        get => _pathMtu;
        set
        {
            if (value < 68 || value > Longest)
                Throw.OutOfRange(nameof(value), value, $"68 to {Longest} bytes");
            _pathMtu = value;
        }
    }

    /// <summary>The largest packet whose outer packet is within <see cref="PathMtu"/>.</summary>
    public int LargestInner => _pathMtu - OverheadBytes;

    /// <summary>Writes the outer headers in front of a packet.</summary>
    /// <param name="buffer"><see cref="HeaderBytes"/> bytes of room, then the IP packet, from its first byte to its last.</param>
    /// <param name="id">IPv4 identification.</param>
    /// <returns>Ok, NotIp, or TooLong; nothing is written but for Ok.</returns>
    public IpEncapStatus TryWrite(Span<byte> buffer, ushort id = 0)
    {
        if (buffer.Length < _headers.Length)
            return IpEncapStatus.NoHeadroom;
        ReadOnlySpan<byte> packet = buffer[_headers.Length..];
        int version = OuterHeader.VersionOf(packet);
        if (version == 0)
            return IpEncapStatus.NotIp;
        if (packet.Length > LargestInner)
            return IpEncapStatus.TooLong;

        // SAFE: the buffer is longer than the headers, by a fixed IP header.
        WriteHeaders(ref MemoryMarshal.GetReference(buffer), buffer.Length, version, id);
        return IpEncapStatus.Ok;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void WriteHeaders(ref byte outer, int bytes, int version, ushort id)
    {
        InnerFields carried = InnerFields.OfPacket(ref Unsafe.Add(ref outer, _headers.Length), version);
        uint protocol = (uint)(version == 4 ? IpProtocol.Ipv4 : IpProtocol.Ipv6);
        ref byte network = ref Unsafe.Add(ref outer, EthernetBytes);
        if (!_options.IsV6)
        {
            OuterHeader.CopyCompact(_headers, ref outer);
            _v4.Write(ref network, (uint)bytes - EthernetBytes, carried, id, protocol);
            return;
        }

        _headers.CopyTo(MemoryMarshal.CreateSpan(ref outer, _headers.Length));
        _v6.Write(ref network, (uint)bytes - EthernetBytes, carried);
        Unsafe.Add(ref outer, _protocolAt) = (byte)protocol;
    }

    // IPv4's length field counts its header, IPv6's does not.
    private int Longest => OuterHeader.MostBytes + (_options.IsV6 ? Ipv6Header.Size : 0);

    private void WriteV4(IpTunnelOptions options)
    {
        Span<byte> network = _headers.AsSpan(EthernetBytes);
        MemoryMarshal.Write(network[12..], IPv6Address.FirstWord(options.Local));
        MemoryMarshal.Write(network[16..], IPv6Address.FirstWord(options.Remote));
    }

    private void WriteV6(IpTunnelOptions options) =>
        Ipv6Writer.Write(_headers.AsSpan(EthernetBytes), new Ipv6Fields { HopLimit = options.Ttl, FlowLabel = options.FlowLabel, Source = options.Local, Destination = options.Remote }, 0);

    /// <summary>Option 4 with one byte of value, then an option of padding, as <c>init_tel_txopt</c> lays them out.</summary>
    private int WriteLimit(byte limit)
    {
        int at = EthernetBytes + Ipv6Header.Size;
        _headers[_protocolAt] = (byte)IpProtocol.DestinationOptions;
        ReadOnlySpan<byte> option = [0, 0, 4, 1, limit, 1, 1, 0];
        option.CopyTo(_headers.AsSpan(at));
        return at;
    }
}
