using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Text.Json;
using DatapathKernels.Overlay;
using DatapathKernels.Packets;
using DatapathKernels.Tests.Infrastructure;
using Xunit;

namespace DatapathKernels.Tests.Overlay;

/// <summary>VXLAN against the vxlan device of a running kernel, byte by byte.</summary>
[Trait("Category", "KernelVectors")]
public class KernelVxlanTests
{
    [Fact]
    public void Every_frame_goes_in_as_the_kernel_sends_it()
    {
        int frames = 0;
        foreach (JsonElement config in Configs())
        {
            UdpTunnelOptions options = Options(config);
            UdpTunnel tunnel = UdpTunnel.Vxlan(options, config.GetProperty("vni").GetUInt32());
            foreach (JsonElement row in config.GetProperty("encap").EnumerateArray())
            {
                byte[] inner = Bytes(row, "inner"), outer = Bytes(row, "outer");
                byte[] made = new byte[inner.Length + tunnel.HeaderBytes];
                inner.CopyTo(made, tunnel.HeaderBytes);
                int udp = options.IsV6 ? 54 : 34;
                ushort port = BinaryPrimitives.ReadUInt16BigEndian(outer.AsSpan(udp));
                Assert.InRange(port, options.MinSourcePort, options.MaxSourcePort - 1);
                ushort id = options.IsV6 ? (ushort)0 : BinaryPrimitives.ReadUInt16BigEndian(outer.AsSpan(18));
                Assert.True(tunnel.TryWrite(made, HashFor(port, options), id));
                Assert.Equal((Name(config), row.GetProperty("inner").GetString(), Convert.ToHexStringLower(outer)), (Name(config), row.GetProperty("inner").GetString(), Convert.ToHexStringLower(made)));
                AssertReused(tunnel, inner, made, HashFor(port, options), id);
                frames++;
            }
        }

        Assert.True(frames > 0);
    }

    [Fact]
    public void Every_frame_comes_out_as_the_kernel_delivers_it()
    {
        int frames = 0;
        foreach (JsonElement config in Configs())
        {
            // The kernel's frames were read from a packet socket, which hands the VLAN tag over beside the bytes.
            UdpTunnelReceiver receiver = new(Options(config) with { StripsVlan = true });
            receiver.Add(config.GetProperty("vni").GetUInt32());
            foreach (JsonElement row in config.GetProperty("decap").EnumerateArray())
            {
                byte[] frame = Bytes(row, "outer");
                FlowParser.Parse(frame, out _, out _, out PacketInfo info);
                DecapStatus status = receiver.TryUnpack(frame, info, out Range range, out _, out _);
                string? expected = row.GetProperty("inner").GetString();
                string? actual = status == DecapStatus.Ok ? Convert.ToHexStringLower(frame[range]) : null;
                Assert.True(expected == actual, $"{Name(config)} {row.GetProperty("kind")}: {status}\nouter    {row.GetProperty("outer")}\nexpected {expected}\nactual   {actual}");
                frames++;
            }
        }

        Assert.True(frames > 0);
    }

    /// <summary>The checksum by reuse is the one by reading, where the inner one is right.</summary>
    private static void AssertReused(UdpTunnel tunnel, byte[] inner, byte[] expected, uint hash, ushort id)
    {
        FlowParser.Parse(inner, out _, out _, out PacketInfo info);
        if (!info.HasKey || PacketChecksums.VerifyTransport(inner, info) != ChecksumVerdict.Valid)
            return;
        byte[] made = new byte[inner.Length + tunnel.HeaderBytes];
        inner.CopyTo(made, tunnel.HeaderBytes);
        Assert.True(tunnel.TryWrite(made, hash, id, info));
        Assert.Equal(expected, made);
    }

    /// <summary>A hash that leads to a port: the kernel's own is not known.</summary>
    internal static uint HashFor(ushort port, UdpTunnelOptions options)
    {
        uint wanted = (uint)((((ulong)(port - options.MinSourcePort) << 32) + (uint)(options.MaxSourcePort - options.MinSourcePort) - 1) / (uint)(options.MaxSourcePort - options.MinSourcePort));
        uint hash = (wanted & 0xffff) | ((wanted ^ (wanted << 16)) & 0xffff0000);
        return hash == 0 ? 1u : hash;
    }

    private static UdpTunnelOptions Options(JsonElement config)
    {
        string[] link = [.. config.GetProperty("link").EnumerateArray().Select(word => word.GetString()!)];
        bool v6 = config.GetProperty("family").GetInt32() == 6;
        UdpTunnelOptions options = new()
        {
            IsV6 = v6,
            Local = Address(config.GetProperty("local").GetString()!),
            Remote = Address(config.GetProperty("remote").GetString()!),
            LocalMac = new MacAddress([2, 0, 0, 0, 0, 1]),
            NextHopMac = new MacAddress([2, 0, 0, 0, 0, 2]),
            WritesChecksum = !link.Contains("noudpcsum") && !link.Contains("udp6zerocsumtx"),
            AcceptsZeroChecksum = link.Contains("udp6zerocsumrx"),
        };
        for (int i = 0; i + 1 < link.Length; i++)
        {
            options = (link[i], link[i + 1]) switch
            {
                ("ttl", "inherit") => options with { InheritsTtl = true },
                ("ttl", string ttl) => options with { Ttl = byte.Parse(ttl, CultureInfo.InvariantCulture) },
                ("tos", "inherit") => options with { InheritsTos = true },
                ("tos", string tos) => options with { Tos = Convert.ToByte(tos, 16) },
                ("df", "set") => options with { DontFragment = DontFragmentMode.Set },
                ("df", "inherit") => options with { DontFragment = DontFragmentMode.Inherit },
                ("srcport", string min) => options with { MinSourcePort = ushort.Parse(min, CultureInfo.InvariantCulture), MaxSourcePort = ushort.Parse(link[i + 2], CultureInfo.InvariantCulture) },
                _ => options,
            };
        }

        return options;
    }

    internal static IPv6Address Address(string text)
    {
        byte[] bytes = new byte[16];
        IPAddress.Parse(text).TryWriteBytes(bytes, out _);
        return new IPv6Address(bytes);
    }

    private static JsonElement.ArrayEnumerator Configs() => Vectors.Load("kernel/vxlan.json").GetProperty("configs").EnumerateArray();

    private static string Name(JsonElement config) => config.GetProperty("config").GetString()!;

    private static byte[] Bytes(JsonElement row, string name) => Convert.FromHexString(row.GetProperty(name).GetString()!);
}
