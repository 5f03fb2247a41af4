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
/// <remarks>Immutable: any number of threads may use one.</remarks>
public sealed class IpTunnel
{
    private const int EthernetBytes = 14, OptionBytes = 8;

    private readonly IpTunnelOptions _options;
    private readonly byte[] _headers;
    private readonly uint _headerSum;
    private readonly byte[] _dsFields;
    private readonly ushort _fragment, _inheritedFragment;
    private readonly byte _ttl;
    private readonly bool _inheritsTtl, _isCompact;

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
        _isCompact = !options.IsV6;
        _dsFields = OuterHeader.DsFields(options.InheritsTos, options.Tos, options.Ecn);
        (_fragment, _inheritedFragment) = OuterHeader.FragmentFields(options.DontFragment);
        (_ttl, _inheritsTtl) = (options.Ttl, options.InheritsTtl);
        int network = options.IsV6 ? Ipv6Header.Size : Ipv4Header.MinSize;
        _headers = new byte[EthernetBytes + network + (options.EncapsulationLimit is null ? 0 : OptionBytes)];
        EthernetWriter.Write(_headers, options.NextHopMac, options.LocalMac, options.IsV6 ? Ipv6Header.EtherType : Ipv4Header.EtherType);
        _protocolAt = EthernetBytes + (options.IsV6 ? 6 : 9);
        if (options.IsV6)
            WriteV6(options);
        else
            WriteV4(options);
        if (options.EncapsulationLimit is { } limit)
            _protocolAt = WriteLimit(limit);
        if (!options.IsV6)
            _headerSum = InternetChecksum.Sum(_headers.AsSpan(EthernetBytes));
    }

    /// <summary>Bytes of all outer headers, Ethernet's included.</summary>
    public int HeaderBytes => _headers.Length;

    /// <summary>Bytes by which an IP packet grows: 20 over IPv4; 40 over IPv6, or 48 with an encapsulation limit.</summary>
    public int OverheadBytes => _headers.Length - EthernetBytes;

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
        if (packet.Length > MostPacketBytes)
            return IpEncapStatus.TooLong;

        // SAFE: the buffer is longer than the headers, by a fixed IP header.
        WriteHeaders(ref MemoryMarshal.GetReference(buffer), buffer.Length, version, id);
        return IpEncapStatus.Ok;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void WriteHeaders(ref byte outer, int bytes, int version, ushort id)
    {
        InnerFields carried = InnerFields.OfPacket(ref Unsafe.Add(ref outer, _headers.Length), version);
        byte ttl = _inheritsTtl && carried.Ttl != 0 ? carried.Ttl : _ttl;
        IpProtocol protocol = version == 4 ? IpProtocol.Ipv4 : IpProtocol.Ipv6;
        ref byte network = ref Unsafe.Add(ref outer, EthernetBytes);
        if (_isCompact)
        {
            OuterHeader.CopyCompact(_headers, ref outer);
            OuterHeader.FinishV4(ref network, bytes - EthernetBytes, _headerSum, protocol, _dsFields[carried.DsField], ttl, id, (ushort)((carried.Fragment & _inheritedFragment) | _fragment));
            return;
        }

        _headers.CopyTo(MemoryMarshal.CreateSpan(ref outer, _headers.Length));
        Unsafe.Add(ref outer, _protocolAt) = (byte)protocol;
        OuterHeader.FinishV6(ref network, bytes - EthernetBytes, _dsFields[carried.DsField], ttl);
    }

    /// <summary>Puts a frame's packet into the tunnel, where it lies; the frame's own link header gives way.</summary>
    /// <param name="arena">The frames.</param>
    /// <param name="index">Which.</param>
    /// <param name="info">What its parse found.</param>
    /// <param name="id">IPv4 identification.</param>
    /// <returns>The frame is what it was but for Ok.</returns>
    /// <exception cref="ArgumentOutOfRangeException">There is no such frame.</exception>
    public IpEncapStatus Write(PacketArena arena, int index, in PacketInfo info, ushort id = 0)
    {
        ArgumentNullException.ThrowIfNull(arena);
        IpEncapStatus status = TunnelRoom.TryMake(arena, index, info, _headers.Length, MostPacketBytes);
        return status == IpEncapStatus.Ok ? TryWrite(arena.Frame(index), id) : status;
    }

    /// <summary>The same for a burst: equal to the loop of single calls, identifications counting up.</summary>
    /// <param name="burst">The frames.</param>
    /// <param name="infos">What their parse found, one each.</param>
    /// <param name="statuses">Receives one each.</param>
    /// <param name="firstId">IPv4 identification of the first frame.</param>
    /// <returns>A bit for each frame that is in the tunnel.</returns>
    /// <exception cref="ArgumentException">Fewer infos or statuses than frames.</exception>
    public ulong WriteBurst(PacketBurst burst, ReadOnlySpan<PacketInfo> infos, Span<IpEncapStatus> statuses, ushort firstId = 0)
    {
        if (infos.Length < burst.Count || statuses.Length < burst.Count)
            Throw.Argument(nameof(statuses), "expected one info and one status a frame");
        ulong done = 0;
        for (int i = 0; i < burst.Count; i++)
        {
            IpEncapStatus status = Write(burst.Arena, burst.First + i, infos[i], (ushort)(firstId + i));
            statuses[i] = status;
            done |= status == IpEncapStatus.Ok ? 1UL << i : 0;
        }

        return done;
    }

    // IPv4's length field counts its header, IPv6's does not.
    private int MostPacketBytes => OuterHeader.MostBytes - OverheadBytes + (_options.IsV6 ? Ipv6Header.Size : 0);

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
