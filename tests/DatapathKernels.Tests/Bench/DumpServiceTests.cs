using System.Net;
using DatapathKernels.Bench.Input;
using DatapathKernels.Filtering;
using DatapathKernels.Packets;
using Xunit;

namespace DatapathKernels.Tests.Bench;

public class DumpServiceTests
{
    private static readonly AddressMatch To = new(PacketSide.Destination, IpNetwork.Host(IPAddress.Parse("10.96.0.10")));
    private static readonly PortMatch Dns = new(IpProtocol.Udp, PortTest.Any, new PortTest(new PortRange(53, 53)));

    [Fact]
    public void A_dispatch_rule_is_a_service_with_the_endpoints_below_its_chain()
    {
        Ruleset rules = new(IpFamily.V4);
        Table nat = rules.GetOrAdd(TableKind.Nat);
        nat.Add("KUBE-SEP-A").Add(new Rule([], Dnat("10.1.0.1", 5353)));
        nat.Add("KUBE-SEP-B").Add(new Rule([], Dnat("10.1.0.2", 5353)));
        Chain choose = nat.Add("KUBE-SVC-X");
        choose.Add(new Rule([], new JumpTarget("KUBE-SEP-A")));
        choose.Add(new Rule([], new JumpTarget("KUBE-SEP-B")));
        Chain dispatch = nat.Add("KUBE-SERVICES");
        dispatch.Add(new Rule([new AddressMatch(PacketSide.Source, IpNetwork.Host(IPAddress.Parse("10.1.0.0")), Negated: true), To, new ProtocolMatch(IpProtocol.Udp), Dns], new JumpTarget("KUBE-MARK-MASQ")));
        dispatch.Add(new Rule([To, new ProtocolMatch(IpProtocol.Udp), new CommentMatch("kube-dns"), Dns], new JumpTarget("KUBE-SVC-X")));
        dispatch.Add(new Rule([To, new ProtocolMatch(IpProtocol.Udp), Dns], new JumpTarget("KUBE-SVC-SHADOWED")));
        dispatch.Add(new Rule([new AddressTypeMatch(AddressTypes.None, false, AddressTypes.Local, false)], new JumpTarget("KUBE-NODEPORTS")));

        DumpService service = Assert.Single(DumpService.In(rules));

        Assert.Equal((To.Network.Address, (ushort)53, IpProtocol.Udp, "KUBE-SVC-X"), (service.Address, service.Port, service.Protocol, service.Chain));
        Assert.Equal([IpNetwork.ToNumber(IPAddress.Parse("10.1.0.1")), IpNetwork.ToNumber(IPAddress.Parse("10.1.0.2"))], service.Endpoints.Select(e => e.Address).Order());
        Assert.True(service.IsUnconditional);
    }

    [Fact]
    public void Chains_that_call_one_another_do_not_hang()
    {
        Ruleset rules = new(IpFamily.V4);
        Table nat = rules.GetOrAdd(TableKind.Nat);
        nat.Add("KUBE-SERVICES").Add(new Rule([To, new ProtocolMatch(IpProtocol.Udp), Dns], new JumpTarget("KUBE-SERVICES")));

        Assert.Empty(Assert.Single(DumpService.In(rules)).Endpoints);
    }

    [Fact]
    public void Rules_without_kube_proxy_have_no_services() => Assert.Empty(DumpService.In(new Ruleset(IpFamily.V6)));

    private static NatTarget Dnat(string address, ushort port)
    {
        UInt128 number = IpNetwork.ToNumber(IPAddress.Parse(address));
        return new NatTarget(NatKind.Dnat, IpFamily.V4, number, number, new PortRange(port, port));
    }
}
