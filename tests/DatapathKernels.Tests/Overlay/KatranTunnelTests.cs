using System.Text.Json;
using DatapathKernels.Overlay;
using DatapathKernels.Packets;
using DatapathKernels.Tests.Infrastructure;
using Xunit;

namespace DatapathKernels.Tests.Overlay;

/// <summary>
/// Katran's own test packets, byte for byte. Which real server it picks is not fixed by a packet, so the outer destination is read from
/// the answer; all else is made.
/// </summary>
public class KatranTunnelTests
{
    private const ushort GuePort = IpTunnelReceiverOptions.KatranGuePort;
    private static readonly MacAddress Router = new([0, 0, 0xde, 0xad, 0xbe, 0xaf]);

    /// <summary>Services whose reals are chosen by destination port alone: the client's address is not in the flow.</summary>
    private static readonly string[] PortOnly =
    [
        "Base.testFixtures.19", "Base.testFixtures.20", "Gue.gueTestFixtures.17", "Gue.gueTestFixtures.18",
        "TPR.tprTestFixtures.14", "TPR.tprGueTestFixtures.14",
    ];

    [CorpusFact]
    public void Packets_go_in()
    {
        KatranEncapsulator katran = new(Router, KernelVxlanTests.Address("10.0.13.37"), KernelVxlanTests.Address("fc00:2307::1337"));
        int packets = 0;
        foreach (JsonElement row in Cases().Where(row => Kind(row).StartsWith("encap ", StringComparison.Ordinal) && !IsHealthCheck(row)))
        {
            byte[] frame = Bytes(row, "in_hex"), expected = Bytes(row, "out_hex");
            AssertMade(katran, row, frame, expected);
            packets++;
        }

        Assert.Equal(117, packets);
    }

    [CorpusFact]
    public void Packets_unpacked_inline_go_in_again()
    {
        KatranEncapsulator katran = new(Router, KernelVxlanTests.Address("10.0.13.37"), KernelVxlanTests.Address("fc00:2307::1337"));
        int packets = 0;
        foreach (JsonElement row in Cases().Where(row => Kind(row) == "other" && !Id(row).StartsWith("TcSrc", StringComparison.Ordinal)))
        {
            byte[] frame = Bytes(row, "in_hex");
            IpTunnelReceiverOptions options = new() { GuePort = frame[20] == 17 ? GuePort : null, DecrementsHopLimit = true, IgnoresCongestion = true };
            AssertMade(katran, row, Unpacked(frame, options), Bytes(row, "out_hex"));
            packets++;
        }

        Assert.Equal(5, packets);
    }

    /// <summary>A health check goes through Linux's tunnel device, from an address of its own.</summary>
    [CorpusFact]
    public void Health_checks_go_in()
    {
        using PacketArena arena = new(1, 4096, 128);
        int packets = 0;
        foreach (JsonElement row in Cases().Where(row => Id(row).StartsWith("HC.hcTest", StringComparison.Ordinal) && Kind(row) != "unchanged"))
        {
            byte[] frame = Bytes(row, "in_hex"), expected = Bytes(row, "out_hex");
            bool v6 = expected[12] == 0x86;
            IpTunnelOptions options = new()
            {
                IsV6 = v6,
                Local = KernelVxlanTests.Address(v6 ? "fc00:2307::1337" : "10.0.13.37"),
                Remote = RealOf(expected),
                LocalMac = new MacAddress([0, 0xff, 0xde, 0xad, 0xbe, 0xaf]),
                NextHopMac = Router,
                DontFragment = DontFragmentMode.Unset,
            };
            arena.Clear();
            arena.TryAdd(frame);
            Assert.Equal(IpEncapStatus.Ok, new IpTunnel(options).Write(arena, 0, LargeFrames.Parse(frame)));
            AssertEqual(row, expected, arena.Frame(0));
            packets++;
        }

        Assert.Equal(3, packets);
    }

    [CorpusFact]
    public void Packets_come_out()
    {
        int packets = 0;
        foreach (JsonElement row in Cases().Where(row => Kind(row) == "decap"))
        {
            byte[] frame = Bytes(row, "in_hex"), expected = Bytes(row, "out_hex");
            bool isGue = frame[frame[12] == 0x86 ? 20 : 23] == 17;
            bool isInline = !Id(row).StartsWith("XdpDecap", StringComparison.Ordinal);
            IpTunnelReceiverOptions options = new() { GuePort = isGue ? GuePort : null, DecrementsHopLimit = isInline, IgnoresCongestion = true };
            if (row.GetProperty("expected_return").GetString() == "XDP_DROP")
            {
                Assert.Equal(DecapStatus.HopLimitExceeded, new IpTunnelReceiver(options).TryUnpack(frame, LargeFrames.Parse(frame), out _));
            }
            else
            {
                byte[] made = Unpacked(frame, options);
                if (Id(row).StartsWith("Egress", StringComparison.Ordinal))
                    made = [.. made[6..12], .. made[..6], .. made[12..]];
                AssertEqual(row, expected, made);
            }

            packets++;
        }

        Assert.Equal(25, packets);
    }

    [CorpusFact]
    public void Packets_for_others_stay()
    {
        foreach (JsonElement row in Cases().Where(row => Kind(row) == "unchanged"))
        {
            byte[] frame = Bytes(row, "in_hex");
            IpTunnelReceiverOptions options = new() { LocalV4 = KernelVxlanTests.Address("10.9.9.9"), LocalV6 = KernelVxlanTests.Address("fc00:1404::1") };
            PacketInfo info = LargeFrames.Parse(frame);
            Assert.NotEqual(DecapStatus.Ok, new IpTunnelReceiver(options).TryUnpack(frame, info, out _));
            Assert.NotEqual(DecapStatus.Ok, new IpTunnelReceiver(options with { GuePort = GuePort }).TryUnpack(frame, info, out _));
            AssertEqual(row, Bytes(row, "in_hex"), frame);
        }
    }

    private static void AssertMade(KatranEncapsulator katran, JsonElement row, byte[] frame, byte[] expected)
    {
        using PacketArena arena = new(1, 4096, 128);
        arena.TryAdd(frame);
        PacketInfo info = LargeFrames.Parse(frame);
        bool v6 = expected[12] == 0x86;
        KatranTarget target = new(RealOf(expected), v6, expected[v6 ? 20 : 23] == 17);
        Assert.True(KatranFlow.TryRead(frame, info, out KatranFlow flow));
        if (PortOnly.Contains(Id(row)))
            flow = flow with { Client = default };
        Assert.Equal(IpEncapStatus.Ok, katran.Write(arena, 0, info, target, flow));
        AssertEqual(row, expected, arena.Frame(0));
    }

    private static byte[] Unpacked(byte[] frame, IpTunnelReceiverOptions options)
    {
        using PacketArena arena = new(1, 4096, 0);
        arena.TryAdd(frame);
        Assert.Equal(DecapStatus.Ok, new IpTunnelReceiver(options).Unpack(arena, 0, LargeFrames.Parse(frame)));
        return arena.Frame(0).ToArray();
    }

    private static IPv6Address RealOf(byte[] outer)
    {
        byte[] address = new byte[16];
        (outer[12] == 0x86 ? outer.AsSpan(38, 16) : outer.AsSpan(30, 4)).CopyTo(address);
        return new IPv6Address(address);
    }

    private static void AssertEqual(JsonElement row, ReadOnlySpan<byte> expected, ReadOnlySpan<byte> actual) =>
        Assert.Equal((Id(row), Convert.ToHexStringLower(expected)), (Id(row), Convert.ToHexStringLower(actual)));

    private static JsonElement.ArrayEnumerator Cases()
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(Corpus.PathOf("peers", "katran", "katran.json")));
        return document.RootElement.Clone().GetProperty("cases").EnumerateArray();
    }

    private static bool IsHealthCheck(JsonElement row) => Id(row).StartsWith("HC.", StringComparison.Ordinal);

    private static string Id(JsonElement row) => row.GetProperty("id").GetString()!;

    private static string Kind(JsonElement row) => row.GetProperty("kind").GetString()!;

    private static byte[] Bytes(JsonElement row, string name) => Convert.FromHexString(row.GetProperty(name).GetString()!);
}
