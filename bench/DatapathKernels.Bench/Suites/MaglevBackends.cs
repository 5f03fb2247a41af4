using DatapathKernels.LoadBalancing;
using DatapathKernels.Packets;

namespace DatapathKernels.Bench.Suites;

/// <summary>Backends for the Maglev suites.</summary>
internal static class MaglevBackends
{
    public static CiliumBackend[] Cilium(int count) =>
        [.. Enumerable.Range(0, count).Select(i => new CiliumBackend(new System.Net.IPAddress([10, 1, (byte)(i >> 8), (byte)i]), 8080, IpProtocol.Tcp))];

    public static KatranBackend[] Katran(int count) =>
        [.. Enumerable.Range(0, count).Select(i => new KatranBackend(((ulong)i + 1) * 0x9E3779B97F4A7C15))];

    public static string[] Names(int count) => [.. Enumerable.Range(0, count).Select(i => $"10.1.{i >> 8}.{i & 255}:8080")];

    public static IPv6Address Address(uint host) => new([0xfd, 0, 0, 0x10, 0, 0, 0, 0, 0, 0, 0, 0, (byte)(host >> 24), (byte)(host >> 16), (byte)(host >> 8), (byte)host]);
}
