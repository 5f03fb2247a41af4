using System.Net;
using DatapathKernels.Formats.Ipvs;
using DatapathKernels.LoadBalancing;
using DatapathKernels.Packets;
using DatapathKernels.Tests.Infrastructure;
using FsCheck.Fluent;
using Xunit;

namespace DatapathKernels.Tests.Formats.Ipvs;

public class IpvsIdentityTests
{
    private static readonly SchedulerFlags[] Flags = [SchedulerFlags.None, SchedulerFlags.Fallback, SchedulerFlags.Port, SchedulerFlags.Fallback | SchedulerFlags.Port];

    private static FsCheck.Gen<IPAddress> Address(bool ipv6) =>
        from bytes in Gen.Choose(0, 255).ArrayOf(ipv6 ? 16 : 4)
        select new IPAddress(bytes.Select(value => (byte)value).ToArray());

    private static FsCheck.Gen<IpvsServiceId> Id =>
        from ipv6 in Gen.Elements(false, true)
        from mark in Gen.Elements(0u, 0u, 0u, 1u, 77u, uint.MaxValue)
        from address in Address(ipv6)
        from port in Gen.Choose(0, 65_535)
        from protocol in Gen.Elements(IpProtocol.Tcp, IpProtocol.Udp, IpProtocol.Sctp)
        select mark != 0 ? IpvsServiceId.ForMark(mark, ipv6) : IpvsServiceId.At(address, (ushort)port, protocol);

    private static FsCheck.Gen<RealServer> Server(IpvsServiceId id) =>
        from forwarding in Gen.Elements(ForwardingMode.Nat, ForwardingMode.DirectRouting, ForwardingMode.Tunnel)
        from other in Gen.Elements(false, false, true)
        from address in Address(id.IsV6 ^ (other && forwarding == ForwardingMode.Tunnel))
        from port in Gen.Choose(0, 65_535)
        from weight in Gen.Elements(0, 1, 2, 65_535, int.MaxValue)
        from upper in Gen.Elements(0, 1, 1_000)
        from lower in Gen.Choose(0, upper)
        select new RealServer(address, forwarding == ForwardingMode.Nat || id.Mark != 0 ? (ushort)port : id.Port, weight, upper, lower, forwarding);

    private static FsCheck.Gen<IpvsServiceEntry> Service =>
        from id in Id
        from scheduler in Gen.Elements(Enum.GetValues<SchedulerKind>())
        from flags in Gen.Elements(Flags)
        from seconds in Gen.Elements(0, 1, 300, 10_800, 2_678_400)
        from prefix in Gen.Choose(id.IsV6 ? 1 : 0, id.IsV6 ? 128 : 32)
        from onePacket in Gen.Elements(false, true)
        from servers in Server(id).ListOf()
        let persists = id.Mark == 0 && id.Port == 0 && seconds == 0 ? 300 : seconds
        select new IpvsServiceEntry(id)
        {
            Scheduler = scheduler,
            Flags = flags,
            PersistenceSeconds = persists,
            PersistencePrefix = persists == 0 ? (id.IsV6 ? 128 : 32) : prefix,
            IsOnePacket = onePacket && (id.Mark != 0 || id.Protocol == IpProtocol.Udp),
            Servers = [.. servers.DistinctBy(server => (server.Address, server.Port))],
        };

    private static FsCheck.Gen<IpvsTable> Table => Service.ListOf().Select(services => new IpvsTable(services.DistinctBy(service => service.Id)));

    [Fact]
    public void What_was_written_is_read_back() => Property.Check(Table, table => AssertSame(table, IpvsSaveParser.Parse(IpvsSaveWriter.Write(table), out _)));

    [Fact]
    public void A_director_gives_back_what_was_put_in() => Property.Check(
        Table,
        table =>
        {
            using IpvsDirector director = new(new IpvsOptions());
            table.AddTo(director);
            AssertSame(table, IpvsTable.Of(director));
        },
        50);

    [Fact]
    public void Sorting_changes_the_order_and_nothing_else() => Property.Check(Table, table =>
    {
        IpvsTable sorted = IpvsSaveParser.Parse(IpvsSaveWriter.Write(table, sorted: true), out _);
        Assert.Equal(IpvsSaveWriter.Write(sorted), IpvsSaveWriter.Write(sorted, sorted: true));
        Assert.Equal(table.Services.Count, sorted.Services.Count);
        foreach (IpvsServiceEntry service in table.Services)
            Assert.Equal(service.Servers.ToHashSet(), sorted.Find(service.Id)!.Servers.ToHashSet());
    });

    private static void AssertSame(IpvsTable expected, IpvsTable actual)
    {
        Assert.Equal(expected.Services.Select(Bare), actual.Services.Select(Bare));
        Assert.Equal(expected.Services.SelectMany(service => service.Servers), actual.Services.SelectMany(service => service.Servers));
        Assert.Equal(expected.Services.Select(service => service.Servers.Count), actual.Services.Select(service => service.Servers.Count));
    }

    private static IpvsServiceEntry Bare(IpvsServiceEntry service) => service with { Servers = Array.Empty<RealServer>() };
}
