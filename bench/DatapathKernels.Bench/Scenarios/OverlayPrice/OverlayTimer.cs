using System.Diagnostics;
using System.Net;
using System.Numerics;
using DatapathKernels.Bench.Scenarios.Measuring;
using DatapathKernels.Overlay;
using DatapathKernels.Packets;

namespace DatapathKernels.Bench.Scenarios.OverlayPrice;

/// <summary>Packs and unpacks frames of one size by one way's kernels, and takes the time. Neither parsing is counted nor bringing packed frames back.</summary>
internal sealed class OverlayTimer : IDisposable
{
    /// <summary>Frames of a batch: four bursts.</summary>
    public const int Frames = 128;

    private const int Burst = 32, Ethernet = 14, HeadroomBytes = 128;
    private const uint Vni = 42;

    private readonly PacketArena _plain, _packed;
    private readonly PacketInfo[] _infos = new PacketInfo[Frames], _outerInfos = new PacketInfo[Frames];
    private readonly uint[] _hashes = new uint[Frames];
    private readonly IpEncapStatus[] _statuses = new IpEncapStatus[Burst];
    private readonly DecapStatus[] _decaps = new DecapStatus[Burst];
    private readonly uint[] _networks = new uint[Burst];
    private readonly Func<PacketArena, int, int> _pack;
    private readonly Func<int, int> _unpack;
    private readonly int _headerBytes;
    private readonly bool _coversEthernet;

    /// <summary>Prepares packets of TCP over IPv4.</summary>
    /// <param name="way">A way that is measured.</param>
    /// <param name="innerBytes">Bytes of the inner IP packet, from 40.</param>
    /// <exception cref="InvalidOperationException">A packet did not come through.</exception>
    public OverlayTimer(OverlayWay way, int innerBytes)
    {
        Encapsulation layer = way.Layers[0];
        (_plain, _packed) = (new PacketArena(Frames, innerBytes + 512, HeadroomBytes), new PacketArena(Frames, innerBytes + 512, HeadroomBytes));
        if (layer.Kind == EncapsulationKind.Ipip)
        {
            IpTunnel tunnel = new(new IpTunnelOptions { Local = Wire("192.0.2.1"), Remote = Wire("192.0.2.2") });
            IpTunnelReceiver receiver = new(new IpTunnelReceiverOptions());
            (_headerBytes, _coversEthernet) = (tunnel.OverheadBytes, true);
            _pack = (arena, first) => BitOperations.PopCount(tunnel.WriteBurst(arena.Burst(first, Burst), _infos.AsSpan(first, Burst), _statuses));
            _unpack = first => BitOperations.PopCount(receiver.UnpackBurst(_packed.Burst(first, Burst), _outerInfos.AsSpan(first, Burst), _decaps));
        }
        else
        {
            UdpTunnelOptions ends = EndsOf(layer);
            UdpTunnel tunnel = layer.Kind == EncapsulationKind.Geneve ? UdpTunnel.Geneve(ends, Vni) : UdpTunnel.Vxlan(ends, Vni);
            UdpTunnelReceiver receiver = new(ends with { Local = ends.Remote }) { IsGeneve = layer.Kind == EncapsulationKind.Geneve };
            receiver.Add(Vni);
            _headerBytes = tunnel.HeaderBytes;
            _pack = (arena, first) => tunnel.WriteBurst(arena, first, _hashes.AsSpan(first, Burst), inner: ends.WritesChecksum ? _infos.AsSpan(first, Burst) : default);
            _unpack = first => BitOperations.PopCount(receiver.UnpackBurst(_packed.Burst(first, Burst), _outerInfos.AsSpan(first, Burst), _decaps, _networks));
        }

        Fill(innerBytes);
    }

    /// <summary>Packs all frames, and brings them back.</summary>
    /// <returns>The <see cref="Stopwatch"/> ticks of the packing.</returns>
    public long Pack()
    {
        long start = Stopwatch.GetTimestamp();
        PackAll(_plain);
        long ticks = Stopwatch.GetTimestamp() - start;
        BringBack();
        return ticks;
    }

    /// <summary>Unpacks all frames, with every check that Linux makes, and packs them again.</summary>
    /// <returns>The <see cref="Stopwatch"/> ticks of the unpacking.</returns>
    public long Unpack()
    {
        long start = Stopwatch.GetTimestamp();
        UnpackAll();
        long ticks = Stopwatch.GetTimestamp() - start;
        PackAll(_packed);
        return ticks;
    }

    /// <summary>Nanoseconds a packet, packed and unpacked.</summary>
    public (double Pack, double Unpack) Measure(ScenarioTimer timer) => (timer.Measure(Pack, Frames).Median, timer.Measure(Unpack, Frames).Median);

    /// <inheritdoc/>
    public void Dispose()
    {
        _plain.Dispose();
        _packed.Dispose();
    }

    private int PackAll(PacketArena arena)
    {
        int done = 0;
        for (int first = 0; first < Frames; first += Burst)
            done += _pack(arena, first);
        return done;
    }

    private int UnpackAll()
    {
        int done = 0;
        for (int first = 0; first < Frames; first += Burst)
            done += _unpack(first);
        return done;
    }

    private void BringBack()
    {
        _plain.PullBurst(0, Frames, _headerBytes);
        for (int i = 0; i < Frames && _coversEthernet; i++)
            EthernetWriter.Write(_plain.Frame(i), default, default, Ipv4Header.EtherType);
    }

    private void Fill(int innerBytes)
    {
        byte[] frame = new byte[Ethernet + innerBytes];
        EthernetWriter.Write(frame, default, default, Ipv4Header.EtherType);
        for (int i = 0; i < Frames; i++)
        {
            Ipv4Writer.Write(frame.AsSpan(Ethernet), new Ipv4Fields(0x0af40001, 0x0af40102, IpProtocol.Tcp), innerBytes - Ipv4Header.MinSize);
            frame[34] = (byte)i;
            frame[46] = 5 << 4;
            FlowParser.Parse(frame, out _, out _, out _infos[i]);
            PacketChecksums.Write(frame, _infos[i]);
            _plain.TryAdd(frame, LinkType.Ethernet);
            _packed.TryAdd(frame, LinkType.Ethernet);
            _hashes[i] = (uint)(i * 2654435761u) | 1;
        }

        int packed = PackAll(_packed), again = PackAll(_plain);
        BringBack();
        for (int i = 0; i < Frames; i++)
            FlowParser.Parse(_packed.Frame(i), out _, out _, out _outerInfos[i]);
        if (packed != Frames || again != Frames || UnpackAll() != Frames || PackAll(_packed) != Frames || UnpackAll() != Frames)
            throw new InvalidOperationException("every packet was expected to go into the tunnel and out of it");
        PackAll(_packed);
    }

    /// <summary>IPv6 asks for a checksum (RFC 6935 lets tunnels do without, and Linux does not unless told); over IPv4 there is none, as Flannel and Cilium have it.</summary>
    private static UdpTunnelOptions EndsOf(Encapsulation layer) => new()
    {
        IsV6 = layer.OverIpv6,
        Local = Wire(layer.OverIpv6 ? "2001:db8::1" : "192.0.2.1"),
        Remote = Wire(layer.OverIpv6 ? "2001:db8::2" : "192.0.2.2"),
        Port = layer.Kind == EncapsulationKind.Geneve ? GeneveHeader.Port : VxlanHeader.Port,
        WritesChecksum = layer.OverIpv6,
    };

    private static IPv6Address Wire(string address)
    {
        byte[] bytes = new byte[16];
        IPAddress.Parse(address).TryWriteBytes(bytes, out _);
        return new IPv6Address(bytes);
    }
}
