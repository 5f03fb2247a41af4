using System.Text.Json;
using DatapathKernels.Overlay;
using DatapathKernels.Packets;
using DatapathKernels.Tests.Generators;
using DatapathKernels.Tests.Infrastructure;
using Xunit;

namespace DatapathKernels.Tests.Overlay;

/// <summary>Every row of <c>tunnel-mtu.json</c>.</summary>
public class MtuVectorTests
{
    private static readonly JsonElement File = Vectors.Load("algorithms/tunnel-mtu.json");

    /// <summary>The layers that a row's name speaks of, by how the name starts.</summary>
    private static readonly (string Start, Encapsulation Layer)[] Names =
    [
        ("VXLAN, inner frame carries one 802.1Q", new(EncapsulationKind.Vxlan, InnerVlanTags: 1)),
        ("VXLAN-GPE", new(EncapsulationKind.VxlanGpe)),
        ("VXLAN", new(EncapsulationKind.Vxlan)),
        ("Geneve + 8-byte option", new(EncapsulationKind.Geneve, OptionBytes: 8)),
        ("Geneve", new(EncapsulationKind.Geneve)),
        ("GRETAP", new(EncapsulationKind.Gretap)),
        ("GRE", new(EncapsulationKind.Gre)),
        ("IPIP", new(EncapsulationKind.Ipip)),
        ("IP over GUE/FOU", new(EncapsulationKind.Fou)),
        ("WireGuard", new(EncapsulationKind.WireGuard)),
        ("IPsec", new(EncapsulationKind.EspAllowance)),
        ("STT", new(EncapsulationKind.Stt)),
        ("MPLS", new(EncapsulationKind.Mpls)),
        ("802.1Q on the underlay", new(EncapsulationKind.LinkVlan)),
        ("PPPoE", new(EncapsulationKind.Pppoe)),
    ];

    [Fact]
    public void Overheads_and_largest_inner_packets() => Assert.All(File.GetProperty("rows").EnumerateArray().ToArray(), row =>
    {
        string name = row.GetProperty("encap").GetString()!;
        (string Start, Encapsulation Layer) known = Names.FirstOrDefault(n => name.StartsWith(n.Start, StringComparison.Ordinal));
        Assert.True(known.Start is not null, $"no encapsulation is known by the name {name}");

        MtuBudget v4 = new(1500, known.Layer), v6 = new(1500, known.Layer with { OverIpv6 = true });

        Assert.Equal(row.GetProperty("overheadIpv4Underlay").GetInt32(), v4.OverheadBytes);
        Assert.Equal(row.GetProperty("overheadIpv6Underlay").GetInt32(), v6.OverheadBytes);
        Assert.Equal(row.GetProperty("innerIpMtu1500v4").GetInt32(), v4.LargestInner);
        Assert.Equal(row.GetProperty("innerIpMtu1500v6").GetInt32(), v6.LargestInner);
        Assert.Equal(row.GetProperty("innerIpMtu9000v4").GetInt32(), new MtuBudget(9000, known.Layer).LargestInner);
    });

    [Fact]
    public void Products() => Assert.All(File.GetProperty("products").EnumerateArray().ToArray(), row =>
    {
        MtuPreset? preset = MtuPresets.Find(row.GetProperty("product").GetString()!);
        Assert.True(preset is not null, $"no preset for {row}");
        Assert.Equal(row.GetProperty("mtu1500").GetInt32(), preset.Mtu);
    });

    [Fact]
    public void Path_mtu() => Assert.All(File.GetProperty("pmtu").EnumerateArray().ToArray(), row =>
    {
        int mtu = row.GetProperty("underlayMtu").GetInt32() - row.GetProperty("headroom").GetInt32();
        int inner = row.GetProperty("innerIpLen").GetInt32();
        bool ipv6 = row.TryGetProperty("innerVersion", out JsonElement version) && version.GetInt32() == 6;
        string result = row.GetProperty("result").GetString()!;
        byte[] frame = ipv6
            ? Frames.Ethernet6(Frames.Ipv6(IpProtocol.Udp, Frames.Udp(inner - 48)))
            : Frames.Ethernet4(Frames.Ipv4(IpProtocol.Udp, Frames.Udp(inner - 28), fragment: row.GetProperty("df").GetBoolean() ? 0x4000 : 0));
        byte[] answer = new byte[TooBigBuilder.MaxBytes];

        TooBigStatus status = TooBigBuilder.TryBuild(frame, LargeFrames.Parse(frame), mtu, TooBigStyle.Bridge, default, answer, out int length);

        if (result.StartsWith("encapsulate", StringComparison.Ordinal))
            Assert.True(inner <= mtu || status == TooBigStatus.MayFragment);
        else if (result.Contains("no ", StringComparison.Ordinal))
            Assert.Equal(TooBigStatus.BelowMinimum, status);
        else
        {
            Assert.True(inner > mtu && status == TooBigStatus.Ok);
            Assert.Equal(mtu, answer[26] << 8 | answer[27]);
            Assert.Equal(576, length);
            Assert.EndsWith(mtu.ToString(System.Globalization.CultureInfo.InvariantCulture), result.Split(" to inner")[0], StringComparison.Ordinal);
        }
    });
}
