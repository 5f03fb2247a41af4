using System.Runtime.InteropServices;
using BenchmarkDotNet.Attributes;
using DatapathKernels.Hashing;
using DatapathKernels.Packets;

namespace DatapathKernels.Bench.Suites;

/// <summary>What does it cost to hash a flow key, by the hashes that real datapaths use?</summary>
/// <remarks>
/// A burst of 64 keys in L1, one hash after the other, so that independent hashes overlap as they do in a burst of
/// packets. <see cref="Toeplitz"/> hashes what network cards hash: the key without protocol and zone.
/// </remarks>
[MeasuredIn("ns/key")]
public class HashBench
{
    private const int Keys = 64;
    private const ulong Seed = 0x9e3779b97f4a7c15;
    private const uint Seed32 = 0x9e3779b9;

    private readonly ulong[] _hashes = new ulong[Keys];
    private readonly Toeplitz _toeplitz = new(DatapathKernels.Hashing.Toeplitz.MicrosoftKey);
    private byte[] _keys = [];

    /// <summary>Bytes of a key: IPv4's or IPv6's.</summary>
    [Params(16, 40)]
    [Quick(16)]
    public int KeyBytes { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _keys = new byte[Keys * KeyBytes];
        new Random(5).NextBytes(_keys);
        Flow();
        for (int i = 0; i < Keys; i++)
        {
            ulong expected = KeyBytes == 16
                ? FlowKeyV4.Hash(MemoryMarshal.Read<FlowKeyV4>(Key(i)), Seed)
                : FlowKeyV6.Hash(MemoryMarshal.Read<FlowKeyV6>(Key(i)), Seed);
            if (_hashes[i] != expected)
                throw new InvalidOperationException($"the burst's hash of key {i} is not that of the key alone");
        }

        CheckKnownAnswers();
    }

    /// <summary>The project's own.</summary>
    [Benchmark(OperationsPerInvoke = Keys, Baseline = true)]
    public ulong Flow()
    {
        if (KeyBytes == 16)
            FlowKeyHash.Compute(MemoryMarshal.Cast<byte, FlowKeyV4>(_keys), Seed, _hashes);
        else
            FlowKeyHash.Compute(MemoryMarshal.Cast<byte, FlowKeyV6>(_keys), Seed, _hashes);
        return _hashes[0];
    }

    /// <summary>Linux's BPF hash map.</summary>
    [Benchmark(OperationsPerInvoke = Keys)]
    public ulong Jenkins()
    {
        for (int i = 0; i < Keys; i++)
            _hashes[i] = JenkinsHash.Words(MemoryMarshal.Cast<byte, uint>(Key(i)), Seed32);
        return _hashes[0];
    }

    /// <summary>Linux's conntrack.</summary>
    [Benchmark(OperationsPerInvoke = Keys)]
    [FullOnly]
    public ulong SipHash24()
    {
        for (int i = 0; i < Keys; i++)
            _hashes[i] = SipHash.Compute24(Key(i), Seed, ~Seed);
        return _hashes[0];
    }

    /// <summary>Linux's hsiphash: IPVS Maglev.</summary>
    [Benchmark(OperationsPerInvoke = Keys)]
    [FullOnly]
    public ulong SipHash13()
    {
        for (int i = 0; i < Keys; i++)
            _hashes[i] = SipHash.Compute13(Key(i), Seed, ~Seed);
        return _hashes[0];
    }

    /// <summary>Cilium's Maglev.</summary>
    [Benchmark(OperationsPerInvoke = Keys)]
    [FullOnly]
    public ulong Murmur128()
    {
        for (int i = 0; i < Keys; i++)
            _hashes[i] = Murmur3.X64(Key(i), Seed32).H1;
        return _hashes[0];
    }

    /// <summary>DPDK's usual choice.</summary>
    [Benchmark(OperationsPerInvoke = Keys)]
    [FullOnly]
    public ulong Crc()
    {
        for (int i = 0; i < Keys; i++)
            _hashes[i] = Crc32C.Update(Seed32, Key(i));
        return _hashes[0];
    }

    /// <summary>XXH3, 64 bits.</summary>
    [Benchmark(OperationsPerInvoke = Keys)]
    [FullOnly]
    public ulong XxHash()
    {
        for (int i = 0; i < Keys; i++)
            _hashes[i] = XxHash3.Compute(Key(i), Seed);
        return _hashes[0];
    }

    /// <summary>Network cards, in software.</summary>
    [Benchmark(OperationsPerInvoke = Keys)]
    [FullOnly]
    public ulong Toeplitz()
    {
        for (int i = 0; i < Keys; i++)
            _hashes[i] = _toeplitz.Compute(Key(i)[..^4]);
        return _hashes[0];
    }

    private ReadOnlySpan<byte> Key(int index) => _keys.AsSpan(index * KeyBytes, KeyBytes);

    /// <summary>Published check values of the hashes measured.</summary>
    private static void CheckKnownAnswers()
    {
        bool sound = JenkinsHash.Bytes("Four score and seven years ago"u8, 0) == 0x17770551
            && JenkinsHash.Words([], 7) == 0xdeadbeef + 7
            && SipHash.Compute24([], 0x0706050403020100, 0x0f0e0d0c0b0a0908) == 0x726fdb47dd0e0e31
            && SipHash.Kernel64([], 0x0706050403020100, 0x0f0e0d0c0b0a0908) == 0x050fc4dc
            && Murmur3.X64("hello"u8, 0).H1 == 0xcbd8a7b341bd9b02
            && Crc32C.Compute("123456789"u8) == 0xe3069283
            && XxHash3.Compute([]) == 0x2d06800538d394c2
            && new Toeplitz(DatapathKernels.Hashing.Toeplitz.MicrosoftKey).Compute([66, 9, 149, 187, 161, 142, 100, 80]) == 0x323e8fc2;
        if (!sound)
            throw new InvalidOperationException("a hash does not give its published check value");
    }
}
