using System.Diagnostics;
using System.Net;
using DatapathKernels.Overlay;
using DatapathKernels.Packets;

namespace DatapathKernels.Bench.Scenarios.OverlayPrice;

/// <summary>Packs and unpacks a burst of one size by one way's kernels, and takes the time. Parsing is not counted; bringing a packed frame back, a nanosecond or so, is.</summary>
internal sealed class OverlayTimer : IDisposable
{
    private const int Frames = 32, Ethernet = 14, HeadroomBytes = 128, Samples = 7;
    private const uint Vni = 42;

    private readonly PacketArena _plain, _packed;
    private readonly PacketInfo[] _infos = new PacketInfo[Frames], _outerInfos = new PacketInfo[Frames];
    private readonly uint[] _hashes = new uint[Frames];
    private readonly IpEncapStatus[] _statuses = new IpEncapStatus[Frames];
    private readonly Func<PacketArena, int> _pack;
    private readonly Func<int> _unpack;
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
            _pack = arena => System.Numerics.BitOperations.PopCount(tunnel.WriteBurst(arena.Burst(0), _infos, _statuses));
            _unpack = () => Unpacked(i => receiver.TryUnpack(_packed.Frame(i), _outerInfos[i], out _));
        }
        else
        {
            UdpTunnelOptions ends = EndsOf(layer);
            UdpTunnel tunnel = layer.Kind == EncapsulationKind.Geneve ? UdpTunnel.Geneve(ends, Vni) : UdpTunnel.Vxlan(ends, Vni);
            UdpTunnelReceiver receiver = new(ends with { Local = ends.Remote }) { IsGeneve = layer.Kind == EncapsulationKind.Geneve };
            receiver.Add(Vni);
            _headerBytes = tunnel.HeaderBytes;
            _pack = ends.WritesChecksum ? arena => PackSummed(arena, tunnel) : arena => tunnel.WriteBurst(arena, 0, _hashes);
            _unpack = () => Unpacked(i => receiver.TryUnpack(_packed.Frame(i), _outerInfos[i], out _, out _, out _));
        }

        Fill(innerBytes);
    }

    /// <summary>Nanoseconds to pack one packet: the median of a few samples.</summary>
    /// <param name="milliseconds">For how long, about.</param>
    public double PackNs(double milliseconds) => Measure(PackAndRestore, milliseconds);

    /// <summary>Nanoseconds to unpack one packet, with every check that Linux makes.</summary>
    /// <param name="milliseconds">For how long, about.</param>
    public double UnpackNs(double milliseconds) => Measure(_unpack, milliseconds);

    /// <inheritdoc/>
    public void Dispose()
    {
        _plain.Dispose();
        _packed.Dispose();
    }

    private static double Measure(Func<int> round, double milliseconds)
    {
        double[] samples = new double[Samples];
        for (int i = 0; i < Samples; i++)
        {
            long start = Stopwatch.GetTimestamp(), packets = 0;
            TimeSpan elapsed;
            do
            {
                for (int j = 0; j < 16; j++)
                    packets += round();
                elapsed = Stopwatch.GetElapsedTime(start);
            }
            while (elapsed.TotalMilliseconds < milliseconds / Samples);
            samples[i] = elapsed.TotalNanoseconds / packets;
        }

        Array.Sort(samples);
        return samples[Samples / 2];
    }

    private int PackAndRestore()
    {
        int done = _pack(_plain);
        for (int i = 0; i < Frames; i++)
            _plain.TryPull(i, _headerBytes);
        if (_coversEthernet)
        {
            for (int i = 0; i < Frames; i++)
                EthernetWriter.Write(_plain.Frame(i), default, default, Ipv4Header.EtherType);
        }

        return done;
    }

    private int PackSummed(PacketArena arena, UdpTunnel tunnel)
    {
        int done = 0;
        for (int i = 0; i < Frames; i++)
            done += arena.TryPush(i, _headerBytes) && tunnel.TryWrite(arena.Frame(i), _hashes[i], (ushort)i, _infos[i]) ? 1 : 0;
        return done;
    }

    private static int Unpacked(Func<int, DecapStatus> unpack)
    {
        int done = 0;
        for (int i = 0; i < Frames; i++)
            done += unpack(i) == DecapStatus.Ok ? 1 : 0;
        return done;
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

        int packed = _pack(_packed);
        for (int i = 0; i < Frames; i++)
            FlowParser.Parse(_packed.Frame(i), out _, out _, out _outerInfos[i]);
        if (packed != Frames || _unpack() != Frames || PackAndRestore() != Frames)
            throw new InvalidOperationException("every packet was expected to go into the tunnel and out of it");
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
