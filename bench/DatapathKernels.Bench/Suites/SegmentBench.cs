using System.Runtime.InteropServices;
using BenchmarkDotNet.Attributes;
using DatapathKernels.Overlay;
using DatapathKernels.Packets;

namespace DatapathKernels.Bench.Suites;

/// <summary>What does it cost to cut 64 KB of one TCP or UDP flow into packets of 1,450 bytes, checksums included?</summary>
/// <remarks>
/// The payload and its segments stay in the L2 cache. Beside it the copy alone, and the copy with a second pass for the
/// checksum: what segmentation would cost without summing on the way.
/// </remarks>
[MeasuredIn("ns/packet")]
public class SegmentBench
{
    private const int Mtu = 1450, Payload = 64 * 1024 - 100, Packets = 47, Room = 128 * 1024, Line = 64;

    private byte[] _tcp = [], _udp = [], _vxlan = [];
    private PacketInfo _tcpInfo, _udpInfo, _vxlanInfo, _innerInfo;
    private int _innerAt;
    private byte[] _memory = [];
    private int _aligned;
    private SegmentLayout _layout;

    [GlobalSetup]
    public void Setup()
    {
        _memory = GC.AllocateArray<byte>(Room + Line, pinned: true);
        _aligned = (int)(-Marshal.UnsafeAddrOfPinnedArrayElement(_memory, 0) & (Line - 1));
        _tcp = Frame(IpProtocol.Tcp, Payload, default);
        _udp = Frame(IpProtocol.Udp, Payload, default);
        byte[] inner = Frame(IpProtocol.Tcp, Payload - 200, default);
        byte[] header = new byte[8 + inner.Length];
        header[0] = 8;
        inner.CopyTo(header, 8);
        _vxlan = Frame(IpProtocol.Udp, header.Length, header);
        _innerAt = _vxlan.Length - inner.Length;
        FlowParser.Parse(_tcp, out _, out _, out _tcpInfo);
        FlowParser.Parse(_udp, out _, out _, out _udpInfo);
        FlowParser.Parse(_vxlan, out _, out _, out _vxlanInfo);
        FlowParser.Parse(inner, out _, out _, out _innerInfo);
        Check(Udp(), "UDP");
        Check(TcpInVxlan(), "TCP in VXLAN");
        Check(Segment(), "TCP");
    }

    /// <summary>TCP over IPv4.</summary>
    [Benchmark(OperationsPerInvoke = Packets)]
    public int Segment()
    {
        SegmentOptions options = new(PacketSegmenter.LargestPayload(_tcp, _tcpInfo, Mtu));
        PacketSegmenter.TrySegment(_tcp, _tcpInfo, options, Output, out _layout);
        return _layout.Count;
    }

    /// <summary>UDP over IPv4.</summary>
    [Benchmark(OperationsPerInvoke = Packets)]
    [FullOnly]
    public int Udp()
    {
        SegmentOptions options = new(PacketSegmenter.LargestPayload(_udp, _udpInfo, Mtu));
        PacketSegmenter.TrySegment(_udp, _udpInfo, options, Output, out _layout);
        return _layout.Count;
    }

    /// <summary>TCP in VXLAN over IPv4, the outer checksum on: 1,450 bytes inside, 1,500 outside.</summary>
    [Benchmark(OperationsPerInvoke = Packets)]
    [FullOnly]
    public int TcpInVxlan()
    {
        SegmentOptions options = new(PacketSegmenter.LargestPayload(_vxlan, _vxlanInfo, _innerAt, _innerInfo, Mtu + 50));
        PacketSegmenter.TrySegment(_vxlan, _vxlanInfo, _innerAt, _innerInfo, options, Output, out _layout);
        return _layout.Count;
    }

    /// <summary>The same bytes to the same places and nothing else.</summary>
    [Benchmark(OperationsPerInvoke = Packets, Baseline = true)]
    public int CopyAlone()
    {
        for (int i = 0; i < _layout.Count; i++)
        {
            Span<byte> segment = _layout.Slice(Output, i);
            _tcp.AsSpan(0, _layout.HeaderBytes).CopyTo(segment);
            _tcp.AsSpan(_layout.HeaderBytes + i * _layout.PayloadBytes, _layout.PayloadOf(i)).CopyTo(segment[_layout.HeaderBytes..]);
        }

        return _layout.Count;
    }

    /// <summary>The copy, then the sum of what was copied.</summary>
    [Benchmark(OperationsPerInvoke = Packets)]
    [FullOnly]
    public uint CopyThenSum()
    {
        uint sum = 0;
        for (int i = 0; i < _layout.Count; i++)
        {
            Span<byte> segment = _layout.Slice(Output, i);
            _tcp.AsSpan(0, _layout.HeaderBytes).CopyTo(segment);
            _tcp.AsSpan(_layout.HeaderBytes + i * _layout.PayloadBytes, _layout.PayloadOf(i)).CopyTo(segment[_layout.HeaderBytes..]);
            sum += InternetChecksum.Sum(segment[_layout.HeaderBytes..]);
        }

        return sum;
    }

    private Span<byte> Output => _memory.AsSpan(_aligned, Room);

    private void Check(int count, string what)
    {
        for (int i = 0; i < count; i++)
        {
            Span<byte> segment = _layout.Slice(Output, i);
            FlowParser.Parse(segment, out _, out _, out PacketInfo info);
            if (PacketChecksums.VerifyTransport(segment, info) != ChecksumVerdict.Valid)
                throw new InvalidOperationException($"{what}: segment {i} of {count} has a wrong checksum");
        }

        if (count != Packets)
            throw new InvalidOperationException($"{what}: {count} segments; expected {Packets}");
    }

    private static byte[] Frame(IpProtocol protocol, int payloadBytes, ReadOnlySpan<byte> payload)
    {
        int transport = protocol == IpProtocol.Tcp ? 20 : 8;
        byte[] frame = new byte[34 + transport + payloadBytes];
        new Random(64).NextBytes(frame);
        EthernetWriter.Write(frame, default, default, Ipv4Header.EtherType);
        Ipv4Writer.Write(frame.AsSpan(14), new Ipv4Fields(0x0a000001, 0x0a000002, protocol), transport + payloadBytes);
        if (protocol == IpProtocol.Tcp)
            TcpWriter.Write(frame.AsSpan(34), new TcpFields(40_000, 443, TcpFlags.Ack));
        else
            UdpWriter.Write(frame.AsSpan(34), 40_000, 443, payloadBytes);
        payload.CopyTo(frame.AsSpan(34 + transport));
        FlowParser.Parse(frame, out _, out _, out PacketInfo info);
        PacketChecksums.Write(frame, info);
        return frame;
    }
}
