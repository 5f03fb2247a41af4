using System.Net;
using System.Text.Json;
using DatapathKernels.LoadBalancing;
using DatapathKernels.Overlay;
using DatapathKernels.Packets;
using DatapathKernels.Tests.Infrastructure;
using DatapathKernels.Tests.Overlay;
using Xunit;

namespace DatapathKernels.Tests.LoadBalancing;

/// <summary>
/// Katran's own test packets from end to end: the virtual address, the ring over the addresses of its real servers, the flow's hash, the real, the
/// tunnel, byte for byte. Those whose real is decided otherwise (QUIC connection ids, server ids in TCP options, source prefixes) are left out.
/// </summary>
public class KatranChoiceTests
{
    private readonly List<(string Address, int Port, string Protocol, string Flags, bool ToV6)> _services = [];
    private readonly IPAddress[] _realsV4 = [], _realsV6 = [];
    private readonly JsonElement[] _cases = [];

    public KatranChoiceTests()
    {
        if (!Corpus.IsPresent)
            return;
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(Corpus.PathOf("peers", "katran", "katran.json")));
        JsonElement root = document.RootElement.Clone(), config = root.GetProperty("lb_config");
        _cases = [.. root.GetProperty("cases").EnumerateArray()];
        _realsV4 = [.. config.GetProperty("reals_v4").EnumerateArray().Select(real => IPAddress.Parse(real.GetString()!))];
        _realsV6 = [.. config.GetProperty("reals_v6").EnumerateArray().Select(real => IPAddress.Parse(real.GetString()!))];
        foreach (JsonElement vip in config.GetProperty("vips").EnumerateArray())
            _services.Add((Text(vip, "address"), vip.GetProperty("port").GetInt32(), Text(vip, "proto"), Text(vip, "flags"), Text(vip, "reals") == "v6"));
    }

    [CorpusFact]
    public void Every_packet_goes_where_Katran_sends_it()
    {
        KatranEncapsulator katran = new(new MacAddress([0, 0, 0xde, 0xad, 0xbe, 0xaf]), KernelVxlanTests.Address("10.0.13.37"), KernelVxlanTests.Address("fc00:2307::1337"));
        Func<FlowKeyV4, FlowKeyV6, bool, KatranPorts, IPAddress> toV4 = Choice(_realsV4), toV6 = Choice(_realsV6);
        using PacketArena arena = new(1, 4096, 128);
        int packets = 0;
        foreach (JsonElement row in _cases)
        {
            byte[] frame = Convert.FromHexString(Text(row, "in_hex")), expected = Convert.FromHexString(Text(row, "out_hex"));
            if (!Text(row, "kind").StartsWith("encap ", StringComparison.Ordinal) || !IsByHash(row))
                continue;
            FlowParser.Parse(frame, out FlowKeyV4 v4, out FlowKeyV6 v6, out PacketInfo info);
            bool fromV6 = (info.Flags & PacketFlags.Ipv6) != 0;
            if (info.Protocol is not (IpProtocol.Tcp or IpProtocol.Udp) || !TryFind(frame, info, fromV6, out KatranPorts ports, out bool reachesV6, out bool quic) || (quic && !IsFirstOfQuic(row)))
                continue;
            IPAddress real = (reachesV6 ? toV6 : toV4)(v4, v6, fromV6, ports);
            Assert.True(KatranFlow.TryRead(frame, info, out KatranFlow flow));
            arena.Clear();
            arena.TryAdd(frame);
            KatranTarget target = new(KernelVxlanTests.Address(real.ToString()), reachesV6, expected[reachesV6 ? 20 : 23] == 17);
            katran.Write(arena, 0, info, target, ports == KatranPorts.Destination ? flow with { Client = default } : flow);
            Assert.Equal((Text(row, "id"), Convert.ToHexStringLower(expected)), (Text(row, "id"), Convert.ToHexStringLower(arena.Frame(0))));
            packets++;
        }

        Assert.Equal(32, packets);
    }

    [Fact]
    public void Addresses_have_their_hashes()
    {
        Assert.Equal(0xd671359dbaa15954UL, KatranBackend.Of(IPAddress.Parse("10.0.0.1")).Hash);
        Assert.Equal(KatranBackend.Of(IPAddress.Parse("10.0.0.1")), KatranBackend.Of(IPAddress.Parse("::ffff:10.0.0.1")));
        Assert.Equal(0x64e74a25b986d744UL, KatranBackend.Of(IPAddress.Parse("fc00::1")).Hash);
        Assert.Equal(7u, KatranBackend.Of(IPAddress.Parse("fc00::1"), 7).Weight);
    }

    private static Func<FlowKeyV4, FlowKeyV6, bool, KatranPorts, IPAddress> Choice(IPAddress[] reals)
    {
        IPAddress[] sorted = [.. reals.OrderBy(real => KatranBackend.Of(real).Hash)];
        MaglevTable ring = KatranMaglev.Build([.. sorted.Select(real => KatranBackend.Of(real))]);
        return (v4, v6, fromV6, ports) =>
            sorted[ring.Lookup(fromV6 ? KatranMaglev.Hash(KatranMaglev.KeyOf(v6, ports)) : KatranMaglev.Hash(KatranMaglev.KeyOf(v4, ports)))];
    }

    private bool TryFind(byte[] frame, in PacketInfo info, bool v6, out KatranPorts ports, out bool toV6, out bool quic)
    {
        string address = new IPAddress(frame.AsSpan(info.L3Offset + (v6 ? 24 : 16), v6 ? 16 : 4)).ToString();
        int port = (frame[info.L4Offset + 2] << 8) | frame[info.L4Offset + 3];
        string protocol = info.Protocol == IpProtocol.Tcp ? "tcp" : "udp";
        int found = _services.FindIndex(s => s.Address == address && s.Protocol == protocol && (s.Port == port || s.Port == 0));
        (ports, toV6, quic) = (KatranPorts.Both, false, false);
        if (found < 0)
            return false;
        ports = _services[found].Flags == "DPORT_HASH" ? KatranPorts.Destination : _services[found].Port == 0 ? KatranPorts.Source : KatranPorts.Both;
        (toV6, quic) = (_services[found].ToV6, _services[found].Flags == "QUIC");
        return true;
    }

    private static bool IsByHash(JsonElement row)
    {
        string id = Text(row, "id"), description = Text(row, "description");
        return id.StartsWith("Base.testFixtures", StringComparison.Ordinal) || id.StartsWith("Gue.gueTestFixtures", StringComparison.Ordinal)
            || description.Contains("lpm miss", StringComparison.Ordinal) || description.Contains("LRU Miss, CH", StringComparison.Ordinal);
    }

    /// <summary>The first packets of a QUIC connection bear an id of the client's, which says nothing about a server.</summary>
    private static bool IsFirstOfQuic(JsonElement row) =>
        Text(row, "description").Contains("client initial", StringComparison.OrdinalIgnoreCase) || Text(row, "description").Contains("0-RTT", StringComparison.Ordinal);

    private static string Text(JsonElement row, string name) => row.TryGetProperty(name, out JsonElement text) ? text.GetString()! : "";
}
