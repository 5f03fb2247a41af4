using System.Text.Json;
using DatapathKernels.Overlay;
using DatapathKernels.Packets;
using DatapathKernels.Tests.Infrastructure;
using Xunit;

namespace DatapathKernels.Tests.Overlay;

/// <summary>Cilium's packets to a backend by direct server return: Geneve with an option that says which service was asked for.</summary>
public class CiliumTunnelTests
{
    [CorpusFact]
    public void Geneve_goes_in_and_comes_out()
    {
        int packets = 0;
        foreach (JsonElement row in File().GetProperty("packets").EnumerateArray())
        {
            byte[] outer = Convert.FromHexString(row.GetProperty("out_hex").GetString()!);
            if (outer.Length < 50 || outer[23] != 17 || outer[36] != 0x17 || outer[37] != 0xc1)
                continue;
            int options = outer[42] * 4;
            byte[] inner = outer[(50 + options)..];
            UdpTunnelOptions ends = new()
            {
                Local = KernelVxlanTests.Address("10.0.10.1"),
                Remote = KernelVxlanTests.Address("10.0.10.2"),
                LocalMac = new MacAddress(outer.AsSpan(6)),
                NextHopMac = new MacAddress(outer),
                Port = GeneveHeader.Port,
                Ttl = outer[22],
                WritesChecksum = false,
                MinSourcePort = 1,
                MaxSourcePort = ushort.MaxValue,
            };
            UdpTunnel tunnel = UdpTunnel.Geneve(ends, ((uint)outer[46] << 16) | ((uint)outer[47] << 8) | outer[48], outer.AsSpan(50, options));
            byte[] made = new byte[outer.Length];
            inner.CopyTo(made, tunnel.HeaderBytes);
            Assert.True(tunnel.TryWrite(made, KernelVxlanTests.HashFor((ushort)((outer[34] << 8) | outer[35]), ends)));
            // Cilium's option is critical (its type has the high bit), its header does not say so: RFC 8926, section 3.5, asks for it.
            Assert.Equal((0, 0x40, 0x80), (outer[43], made[43], outer[52] & 0x80));
            made[43] = 0;
            Assert.Equal(Convert.ToHexString(outer), Convert.ToHexString(made));

            UdpTunnelReceiver receiver = new(ends with { Local = ends.Remote }) { IsGeneve = true, KnowsOptions = true };
            receiver.Add(3);
            receiver.Add(2);
            Assert.Equal(DecapStatus.Ok, receiver.TryUnpack(made, LargeFrames.Parse(made), out Range range, out _, out _));
            Assert.Equal(inner, made[range]);
            packets++;
        }

        Assert.Equal(7, packets);
    }

    [CorpusFact]
    public void Tunnels_leave_what_cilium_reports()
    {
        int rows = 0;
        foreach (JsonElement row in File().GetProperty("mtu_vectors").EnumerateArray())
        {
            bool v6 = row.GetProperty("inner").GetString() == "ipv6";
            // Of Geneve Cilium reckons with an IPv6 underlay when the packet is IPv6, whichever it has.
            Encapsulation? layer = row.GetProperty("mode").GetString() switch
            {
                "Geneve + DSR option" => new Encapsulation(EncapsulationKind.Geneve, OverIpv6: v6, OptionBytes: v6 ? 24 : 12),
                "IPIP" => new Encapsulation(EncapsulationKind.Ipip),
                "IP6IP6" => new Encapsulation(EncapsulationKind.Ipip, OverIpv6: true),
                _ => null,
            };
            if (layer is null)
                continue;
            MtuBudget budget = new(row.GetProperty("device_mtu").GetInt32(), layer.Value);
            Assert.Equal((row.GetProperty("overhead").GetInt32(), row.GetProperty("expected_icmp_mtu").GetInt32()), (budget.OverheadBytes, budget.LargestInner));
            rows++;
        }

        Assert.Equal(4, rows);
    }

    private static JsonElement File()
    {
        using JsonDocument document = JsonDocument.Parse(System.IO.File.ReadAllBytes(Corpus.PathOf("peers", "cilium", "dsr_mtu_geneve_icmp.json")));
        return document.RootElement.Clone();
    }
}
