using System.Buffers.Binary;
using BenchmarkDotNet.Attributes;
using DatapathKernels.Packets;
using DatapathKernels.Simd;

namespace DatapathKernels.Bench.Suites;

/// <summary>What does the Internet checksum of a packet cost, by its length?</summary>
/// <remarks>
/// Four packets, each 14 bytes past a cache line, as the IP header stands behind Ethernet's; all of them stay in L1. The
/// vectorised sum against the same sum over 64-bit words, and against the loop over 16-bit words of RFC 1071.
/// </remarks>
[MeasuredIn("ns/packet")]
public class ChecksumBench
{
    private const int Packets = 4, Calls = 64, FirstByte = 14;

    private byte[] _memory = [];
    private int _stride;

    /// <summary>Bytes summed.</summary>
    [Params(
        20,    // an IPv4 header: one masked load
        64,    // a small packet: one whole vector
        256,   // four vectors, before the unrolled loop pays
        1480,  // the payload of a full Ethernet frame: the unrolled loop and a masked end
        9000)] // a jumbo frame: the loop alone
    [Quick(1480)]
    public int Bytes { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _stride = (Bytes + FirstByte + 63) / 64 * 64;
        _memory = GC.AllocateArray<byte>(Packets * _stride + FirstByte, pinned: true);
        new Random(1071).NextBytes(_memory);
        for (int i = 0; i < Packets; i++)
        {
            ushort expected = Loop(Packet(i));
            if (InternetChecksum.Compute(Packet(i)) != expected || InternetChecksum.Compute<ScalarIsa>(Packet(i)) != expected)
                throw new InvalidOperationException($"the checksums of packet {i}, {Bytes} bytes, differ");
        }
    }

    /// <summary>The library's: every vector width the machine has.</summary>
    [Benchmark(OperationsPerInvoke = Calls)]
    public int Internet()
    {
        int sum = 0;
        for (int i = 0; i < Calls; i++)
            sum += InternetChecksum.Compute(Packet(i & (Packets - 1)));
        return sum;
    }

    /// <summary>The library's without vectors: 64-bit words.</summary>
    [Benchmark(OperationsPerInvoke = Calls, Baseline = true)]
    public int Scalar()
    {
        int sum = 0;
        for (int i = 0; i < Calls; i++)
            sum += InternetChecksum.Compute<ScalarIsa>(Packet(i & (Packets - 1)));
        return sum;
    }

    /// <summary>The loop that RFC 1071 prints: 16-bit words.</summary>
    [Benchmark(OperationsPerInvoke = Calls)]
    [FullOnly]
    public int WordByWord()
    {
        int sum = 0;
        for (int i = 0; i < Calls; i++)
            sum += Loop(Packet(i & (Packets - 1)));
        return sum;
    }

    private ReadOnlySpan<byte> Packet(int index) => _memory.AsSpan(index * _stride + FirstByte, Bytes);

    private static ushort Loop(ReadOnlySpan<byte> bytes)
    {
        uint sum = 0;
        for (; bytes.Length >= 2; bytes = bytes[2..])
            sum += BinaryPrimitives.ReadUInt16BigEndian(bytes);
        if (!bytes.IsEmpty)
            sum += (uint)bytes[0] << 8;
        while (sum >> 16 != 0)
            sum = (sum & 0xffff) + (sum >> 16);
        return (ushort)~sum;
    }
}
