using System.Net;
using BenchmarkDotNet.Attributes;
using DatapathKernels.Bench.Running;
using DatapathKernels.Maps;
using DatapathKernels.Overlay;
using DatapathKernels.Packets;

namespace DatapathKernels.Bench.Suites;

/// <summary>
/// What does an overlay cost a packet, by its length: packed and unpacked, with and without the outer checksum, with and without headroom; and the same packet routed as
/// it is? Bursts of 32 TCP segments over IPv4, in the L1 or L2 cache; parsing is not counted.
/// </summary>
/// <remarks>Packed frames are unpacked again, and unpacked ones packed, by moving their start: about half a nanosecond, counted.</remarks>
[MeasuredIn("ns/packet")]
public class OverlayBench : IDisposable
{
    private const int Frames = 32, Rounds = 16, Ethernet = 14;
    private const uint Vni = 42;

    private readonly PacketInfo[] _infos = new PacketInfo[Frames], _outerInfos = new PacketInfo[Frames];
    private readonly uint[] _hashes = new uint[Frames];
    private readonly RouteStatus[] _routes = new RouteStatus[Frames];
    private readonly uint[] _ports = new uint[Frames];
    private readonly IpEncapStatus[] _statuses = new IpEncapStatus[Frames];
    private readonly DecapStatus[] _decaps = new DecapStatus[Frames];
    private readonly uint[] _networks = new uint[Frames];
    private UdpTunnel? _vxlan, _vxlanChecksum, _geneve, _geneveOption;
    private UdpTunnelReceiver? _receiver;
    private IpTunnel? _ipip;
    private DirectRoute? _direct;
    private RouteTableV4? _v4;
    private RouteTableV6? _v6;
    private PacketArena? _arena, _packed, _copies;

    /// <summary>Bytes of the inner IP packet.</summary>
    [Params(64, 256, 576, 1400, 8900)]
    [Quick(1400)]
    public int Bytes { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        UdpTunnelOptions ends = new() { Local = Wire("192.0.2.1"), Remote = Wire("192.0.2.2"), WritesChecksum = false };
        _vxlan = UdpTunnel.Vxlan(ends, Vni);
        _vxlanChecksum = UdpTunnel.Vxlan(ends with { WritesChecksum = true }, Vni);
        _geneve = UdpTunnel.Geneve(ends with { Port = GeneveHeader.Port }, Vni);
        _geneveOption = UdpTunnel.Geneve(ends with { Port = GeneveHeader.Port }, Vni, [1, 2, 1, 1, 0, 0, 0, 7]);
        _receiver = new UdpTunnelReceiver(ends with { Local = ends.Remote });
        _receiver.Add(Vni);
        _ipip = new IpTunnel(new IpTunnelOptions { Local = ends.Local, Remote = ends.Remote });
        (_v4, _v6) = (new RouteTableV4(64), new RouteTableV6(64));
        _v4.Insert(IPNetwork.Parse("10.244.0.0/16"), 0);
        _direct = new DirectRoute(_v4, _v6, [new DirectHop(default, default, 1)]);
        (_arena, _packed) = (new PacketArena(Frames, Bytes + 512, 256), new PacketArena(Frames, Bytes + 512, 256));
        _copies = new PacketArena(Frames, Bytes + 512, 256);
        Fill();
        int[] done = [VxlanEncap(), VxlanEncapChecksum(), VxlanEncapCopy(), VxlanDecap(), GeneveEncap(), GeneveEncapOption(), IpipEncap(), DirectRoute()];
        if (!done.All(count => count == Frames * Rounds))
            throw new InvalidOperationException($"every packet was expected to be written: {string.Join(", ", done)}");
        CodeSettling.Run(() =>
        {
            _ = VxlanEncap() + VxlanEncapChecksum() + VxlanEncapCopy() + Copy() + VxlanDecap() + GeneveEncap() + GeneveEncapOption() + IpipEncap() + DirectRoute();
        });
        _arena.Clear();
        _packed.Clear();
        Fill();
    }

    [GlobalCleanup]
    public void Dispose()
    {
        _arena?.Dispose();
        _packed?.Dispose();
        _copies?.Dispose();
        _v4?.Dispose();
        _v6?.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>VXLAN into the headroom, no outer checksum.</summary>
    [Benchmark(OperationsPerInvoke = Frames * Rounds, Baseline = true)]
    public int VxlanEncap() => Pack(_vxlan!);

    /// <summary>The same with the outer checksum, from the inner one.</summary>
    [Benchmark(OperationsPerInvoke = Frames * Rounds)]
    public int VxlanEncapChecksum() => Pack(_vxlanChecksum!, _infos);

    /// <summary>VXLAN for frames without headroom: one copy each.</summary>
    [Benchmark(OperationsPerInvoke = Frames * Rounds)]
    public int VxlanEncapCopy()
    {
        int done = 0;
        for (int round = 0; round < Rounds; round++)
        {
            _copies!.Clear();
            done += _vxlan!.CopyBurst(_arena!, 0, _copies, _hashes);
        }

        return done;
    }

    /// <summary>The copies alone, from the same frames to the same places.</summary>
    [Benchmark(OperationsPerInvoke = Frames * Rounds)]
    public int Copy()
    {
        for (int round = 0; round < Rounds; round++)
        {
            for (int i = 0; i < Frames; i++)
                _arena!.Frame(i).CopyTo(_copies!.Frame(i)[_vxlan!.HeaderBytes..]);
        }

        return Frames * Rounds;
    }

    /// <summary>VXLAN out again, every check made; the outer checksum is zero.</summary>
    [Benchmark(OperationsPerInvoke = Frames * Rounds)]
    public int VxlanDecap()
    {
        int done = 0;
        for (int round = 0; round < Rounds; round++)
        {
            done += System.Numerics.BitOperations.PopCount(_receiver!.UnpackBurst(_packed!.Burst(0), _outerInfos, _decaps, _networks));
            _packed.PushBurst(0, Frames, _vxlan!.HeaderBytes);
        }

        return done;
    }

    /// <summary>Geneve without options.</summary>
    [Benchmark(OperationsPerInvoke = Frames * Rounds)]
    public int GeneveEncap() => Pack(_geneve!);

    /// <summary>Geneve with one option of eight bytes.</summary>
    [Benchmark(OperationsPerInvoke = Frames * Rounds)]
    [FullOnly]
    public int GeneveEncapOption() => Pack(_geneveOption!);

    /// <summary>IP in IP: the Ethernet header is written anew, the outer header before the packet.</summary>
    [Benchmark(OperationsPerInvoke = Frames * Rounds)]
    public int IpipEncap()
    {
        int done = 0;
        for (int round = 0; round < Rounds; round++)
        {
            done += System.Numerics.BitOperations.PopCount(_ipip!.WriteBurst(_arena!.Burst(0), _infos, _statuses));
            _arena.PullBurst(0, Frames, _ipip.OverheadBytes);
        }

        return done;
    }

    /// <summary>No overlay: the next hop looked up, MAC addresses and TTL written.</summary>
    [Benchmark(OperationsPerInvoke = Frames * Rounds)]
    public int DirectRoute()
    {
        int done = 0;
        for (int round = 0; round < Rounds; round++)
        {
            done += System.Numerics.BitOperations.PopCount(_direct!.RouteBurst(_arena!.Burst(0), _infos, _routes, _ports));
        }

        for (int i = 0; i < Frames; i++)
            HeaderRewriter.SetHopLimit(_arena!.Frame(i), _infos[i], 64);
        return done;
    }

    private int Pack(UdpTunnel tunnel, ReadOnlySpan<PacketInfo> inner = default)
    {
        int done = 0;
        for (int round = 0; round < Rounds; round++)
        {
            done += tunnel.WriteBurst(_arena!, 0, _hashes, inner: inner);
            _arena!.PullBurst(0, Frames, tunnel.HeaderBytes);
        }

        return done;
    }

    private void Fill()
    {
        byte[] frame = new byte[Ethernet + Bytes];
        EthernetWriter.Write(frame, default, default, 0x0800);
        for (int i = 0; i < Frames; i++)
        {
            Ipv4Writer.Write(frame.AsSpan(Ethernet), new Ipv4Fields(0x0af40001, 0x0af40102, IpProtocol.Tcp), Bytes - 20);
            frame[34] = (byte)i;
            frame[46] = 5 << 4;
            FlowParser.Parse(frame, out _, out _, out _infos[i]);
            PacketChecksums.Write(frame, _infos[i]);
            _arena!.TryAdd(frame, LinkType.Ethernet);
            _hashes[i] = (uint)(i * 2654435761u) | 1;
            _packed!.TryAdd(frame, LinkType.Ethernet);
        }

        _vxlan!.WriteBurst(_packed!, 0, _hashes);
        for (int i = 0; i < Frames; i++)
            FlowParser.Parse(_packed!.Frame(i), out _, out _, out _outerInfos[i]);
    }

    private static IPv6Address Wire(string address)
    {
        byte[] bytes = new byte[16];
        IPAddress.Parse(address).TryWriteBytes(bytes, out _);
        return new IPv6Address(bytes);
    }
}
