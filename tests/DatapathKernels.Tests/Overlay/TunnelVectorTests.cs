using System.Globalization;
using System.Text.Json;
using DatapathKernels.Overlay;
using DatapathKernels.Packets;
using DatapathKernels.Tests.Infrastructure;
using Xunit;

namespace DatapathKernels.Tests.Overlay;

/// <summary>Tunnel headers, source ports and congestion, value for value.</summary>
public class TunnelVectorTests
{
    [Fact]
    public void Source_ports()
    {
        JsonElement vectors = Vectors.Load("algorithms/vxlan-geneve.json");
        foreach (JsonElement row in vectors.GetProperty("srcPortRows").EnumerateArray())
            Assert.Equal(row[3].GetInt32(), TunnelSourcePort.Of(row[0].GetUInt32(), (ushort)row[1].GetInt32(), (ushort)row[2].GetInt32()));
        foreach (JsonElement row in vectors.GetProperty("ethFallbackRows").EnumerateArray())
        {
            ushort type = (ushort)row[1].GetInt32();
            byte[] frame = [.. Convert.FromHexString(row[0].GetString()!), (byte)(type >> 8), (byte)type];
            uint hash = TunnelSourcePort.OfFrame(frame);
            Assert.Equal((row[2].GetUInt32(), row[3].GetInt32()), (hash, TunnelSourcePort.Of(hash, 32768, 60999)));
        }
    }

    [Fact]
    public void Vxlan_frames()
    {
        int frames = 0;
        foreach (JsonElement row in Vectors.Load("algorithms/vxlan-geneve.json").GetProperty("encap").EnumerateArray())
        {
            // These rows do not look behind an inner VLAN tag, where the kernel does: kernel/vxlan.json has it.
            bool isTagged = row.GetProperty("inner").GetString()!.AsSpan(24, 4) is "8100";
            string tos = isTagged && row.GetProperty("tosMode").GetString() == "inherit" ? "0" : row.GetProperty("tosMode").GetString()!;
            UdpTunnelOptions options = new()
            {
                IsV6 = row.GetProperty("outer").GetString() == "ipv6",
                Local = KernelVxlanTests.Address(row.GetProperty("srcIp").GetString()!),
                Remote = KernelVxlanTests.Address(row.GetProperty("dstIp").GetString()!),
                LocalMac = Mac(row.GetProperty("srcMac")),
                NextHopMac = Mac(row.GetProperty("dstMac")),
                Port = (ushort)row.GetProperty("udpDst").GetInt32(),
                InheritsTos = tos == "inherit",
                Tos = tos == "inherit" ? (byte)0 : ParseByte(tos),
                Ttl = row.GetProperty("ttl").GetByte(),
                DontFragment = Enum.Parse<DontFragmentMode>(row.GetProperty("df").GetString()!, ignoreCase: true),
                WritesChecksum = row.GetProperty("udpChecksum").GetBoolean(),
                Ecn = isTagged ? EcnMode.Compatibility : EcnMode.Linux,
            };
            UdpTunnel tunnel = UdpTunnel.Vxlan(options, row.GetProperty("vni").GetUInt32());
            JsonElement id = row.GetProperty("ipId");
            AssertFrame(tunnel, row, row.GetProperty("flowHash").GetUInt32(), id.ValueKind == JsonValueKind.Number ? (ushort)id.GetInt32() : (ushort)0);
            frames++;
        }

        Assert.True(frames > 0);
    }

    [Fact]
    public void Geneve_frames()
    {
        int frames = 0;
        foreach (JsonElement row in Vectors.Load("algorithms/vxlan-geneve.json").GetProperty("geneve").EnumerateArray())
        {
            byte[] expected = Convert.FromHexString(row.GetProperty("frame").GetString()!), options = Convert.FromHexString(row.GetProperty("options").GetString()!);
            UdpTunnel tunnel = UdpTunnel.Geneve(OptionsOf(expected), row.GetProperty("vni").GetUInt32(), options);
            byte[] inner = Convert.FromHexString(row.GetProperty("inner").GetString()!);
            Assert.Equal(row.GetProperty("overheadBeforeInner").GetInt32(), tunnel.HeaderBytes);
            byte[] made = new byte[expected.Length];
            inner.CopyTo(made, tunnel.HeaderBytes);
            Assert.True(tunnel.TryWrite(made, 1, (ushort)((expected[18] << 8) | expected[19])));
            // The rows fix the source port without saying of which hash.
            expected.AsSpan(34, 2).CopyTo(made.AsSpan(34));
            Assert.Equal(Convert.ToHexStringLower(expected), Convert.ToHexStringLower(made));

            UdpTunnelReceiver receiver = new(OptionsOf(expected) with { Local = OptionsOf(expected).Remote }) { IsGeneve = true, KnowsOptions = true };
            receiver.Add(row.GetProperty("vni").GetUInt32());
            FlowParser.Parse(made, out _, out _, out PacketInfo info);
            Assert.Equal(DecapStatus.Ok, receiver.TryUnpack(made, info, out Range range, out _, out _));
            Assert.Equal(inner, made[range]);
            UdpTunnelReceiver strict = new(OptionsOf(expected) with { Local = OptionsOf(expected).Remote }) { IsGeneve = true };
            strict.Add(row.GetProperty("vni").GetUInt32());
            Assert.Equal(row.GetProperty("criticalBit").GetBoolean() ? DecapStatus.CriticalOption : DecapStatus.Ok, strict.TryUnpack(made, info, out _, out _, out _));
            frames++;
        }

        Assert.True(frames > 0);
    }

    [Fact]
    public void Refusals()
    {
        foreach (JsonElement row in Vectors.Load("algorithms/vxlan-geneve.json").GetProperty("decap").EnumerateArray())
        {
            byte[] frame = Convert.FromHexString(row.GetProperty("frame").GetString()!);
            bool v6 = frame[12] == 0x86;
            UdpTunnelReceiver receiver = new(new UdpTunnelOptions
            {
                IsV6 = v6,
                Local = KernelVxlanTests.Address(v6 ? "2001:db8::2" : "192.0.2.2"),
                Remote = KernelVxlanTests.Address(v6 ? "2001:db8::1" : "192.0.2.1"),
            });
            receiver.Add(2);
            receiver.Add(0x000002);
            receiver.Add(1);
            for (uint vni = 0; vni < 16; vni++)
                receiver.Add(vni);
            FlowParser.Parse(frame, out _, out _, out PacketInfo info);
            DecapStatus status = receiver.TryUnpack(frame, info, out _, out _, out _);
            Assert.Equal((row.GetProperty("name").GetString(), row.GetProperty("linux").GetString() == "accept"), (row.GetProperty("name").GetString(), status == DecapStatus.Ok));
        }
    }

    [Fact]
    public void Congestion()
    {
        JsonElement vectors = Vectors.Load("algorithms/ecn.json");
        foreach (JsonElement row in vectors.GetProperty("decap").EnumerateArray())
        {
            bool kept = Ecn.TryDecapsulate(row.GetProperty("outer").GetByte(), row.GetProperty("inner").GetByte(), out byte result);
            JsonElement expected = row.GetProperty("resultEcn");
            Assert.Equal((row.ToString(), expected.ValueKind == JsonValueKind.Number), (row.ToString(), kept));
            if (kept)
                Assert.Equal((row.ToString(), expected.GetByte()), (row.ToString(), result));
        }

        foreach (JsonElement row in vectors.GetProperty("encapRows").EnumerateArray())
            Assert.Equal(row[2].GetByte(), Ecn.Encapsulate(row[0].GetByte(), row[1].GetByte()));
        Assert.Equal(3, Ecn.Encapsulate(0, 3, EcnMode.Normal));
        Assert.Equal(0x28, Ecn.Encapsulate(0x2b, 3, EcnMode.Compatibility));
        foreach (JsonElement row in vectors.GetProperty("setCeRows").EnumerateArray())
        {
            byte[] header = Convert.FromHexString(row[0].GetString()!);
            Assert.Equal(row[1].GetInt32() == 1, Ecn.TrySetCe(header));
            Assert.Equal(row[2].GetString(), Convert.ToHexStringLower(header));
        }
    }

    private static UdpTunnelOptions OptionsOf(byte[] frame) => new()
    {
        Local = new IPv6Address([.. frame[26..30], .. new byte[12]]),
        Remote = new IPv6Address([.. frame[30..34], .. new byte[12]]),
        NextHopMac = new MacAddress(frame.AsSpan(0, 6)),
        LocalMac = new MacAddress(frame.AsSpan(6, 6)),
        Port = GeneveHeader.Port,
        Ttl = frame[22],
        Tos = frame[15],
        Ecn = EcnMode.Compatibility,
        WritesChecksum = false,
        DontFragment = (frame[20] & 0x40) != 0 ? DontFragmentMode.Set : DontFragmentMode.Unset,
    };

    private static void AssertFrame(UdpTunnel tunnel, JsonElement row, uint flowHash, ushort id)
    {
        byte[] inner = Convert.FromHexString(row.GetProperty("inner").GetString()!);
        byte[] made = new byte[inner.Length + tunnel.HeaderBytes];
        Assert.Equal(row.GetProperty("overheadBeforeInner").GetInt32(), tunnel.OverheadBytes);
        Assert.Equal(made.Length, tunnel.Copy(inner, made, flowHash, id));
        Assert.Equal(row.GetProperty("frame").GetString(), Convert.ToHexStringLower(made));
    }

    private static byte ParseByte(string text) =>
        text.StartsWith("0x", StringComparison.Ordinal) ? Convert.ToByte(text, 16) : byte.Parse(text, CultureInfo.InvariantCulture);

    private static MacAddress Mac(JsonElement text) => new(Convert.FromHexString(text.GetString()!.Replace(":", "", StringComparison.Ordinal)));
}
