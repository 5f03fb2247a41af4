using DatapathKernels.Maps;
using DatapathKernels.Overlay;
using DatapathKernels.Packets;
using DatapathKernels.Tests.Generators;
using DatapathKernels.Tests.Infrastructure;
using Xunit;

namespace DatapathKernels.Tests.Overlay;

/// <summary>ARP and neighbour discovery answered at the entrance of an overlay.</summary>
public sealed class NeighborProxyTests : IDisposable
{
    private const uint Vni = 7;
    private static readonly MacAddress Asker = new([2, 0, 0, 0, 0, 1]), Owner = new([2, 0, 0, 0, 0, 9]);
    private static readonly uint OwnerAddress = IPv6Address.FirstWord(KernelVxlanTests.Address("10.0.0.9"));

    private readonly NeighborProxy _proxy = new(16);

    public NeighborProxyTests()
    {
        _proxy.Set(Vni, OwnerAddress, Owner);
        _proxy.Set(Vni, KernelVxlanTests.Address("fd00::9"), Owner, isRouter: true);
    }

    public void Dispose() => _proxy.Dispose();

    [Fact]
    public void An_arp_request_is_answered()
    {
        byte[] reply = Answer(Arp("10.0.0.1", "10.0.0.9"));
        Assert.Equal("020000000001" + "020000000009" + "0806" + "0001080006040002" + "020000000009" + "0A000009" + "020000000001" + "0A000001", Convert.ToHexString(reply));
    }

    /// <summary>RFC 5227: a sender that has no address yet learns that its own is taken.</summary>
    [Fact]
    public void An_arp_probe_is_answered() => Assert.Equal(42, Answer(Arp("0.0.0.0", "10.0.0.9")).Length);

    [Fact]
    public void A_solicitation_is_answered()
    {
        byte[] reply = Answer(Solicitation("fd00::1", "fd00::9"));
        Assert.Equal("020000000001" + "020000000009" + "86DD" + "6000000000203AFF", Convert.ToHexString(reply.AsSpan(0, 22)));
        Assert.Equal((KernelVxlanTests.Address("fd00::9"), KernelVxlanTests.Address("fd00::1")), (new IPv6Address(reply.AsSpan(22)), new IPv6Address(reply.AsSpan(38))));
        Assert.Equal("E0000000", Convert.ToHexString(reply.AsSpan(58, 4)));
        Assert.Equal("0201020000000009", Convert.ToHexString(reply.AsSpan(78)));
        Assert.Equal(ChecksumVerdict.Valid, PacketChecksums.VerifyTransport(reply, LargeFrames.Parse(reply)));
        Assert.Equal(reply[..12], Answer(Solicitation("fd00::1", "fd00::9", option: null))[..12]);
    }

    /// <summary>RFC 4861, section 7.2.4: to all nodes, and not as solicited.</summary>
    [Fact]
    public void A_search_for_duplicates_is_answered_to_all()
    {
        byte[] reply = Answer(Solicitation("::", "fd00::9", option: null));
        Assert.Equal("333300000001", Convert.ToHexString(reply.AsSpan(0, 6)));
        Assert.Equal(KernelVxlanTests.Address("ff02::1"), new IPv6Address(reply.AsSpan(38)));
        Assert.Equal(0xa0, reply[58]);
        Assert.Equal(ChecksumVerdict.Valid, PacketChecksums.VerifyTransport(reply, LargeFrames.Parse(reply)));
    }

    [Fact]
    public void What_is_not_answered_says_why()
    {
        AssertStatus(NeighborStatus.NotARequest, []);
        AssertStatus(NeighborStatus.NotARequest, IpTunnelTests.Frame(true, 9));
        AssertStatus(NeighborStatus.NotARequest, IpTunnelTests.Frame(false, 9));
        AssertStatus(NeighborStatus.NotARequest, Arp("10.0.0.1", "10.0.0.9", ArpHeader.Reply));
        AssertStatus(NeighborStatus.NotARequest, Changed(Arp("10.0.0.1", "10.0.0.9"), 15, 6));
        AssertStatus(NeighborStatus.Malformed, Arp("10.0.0.1", "10.0.0.9")[..41]);
        AssertStatus(NeighborStatus.Malformed, Changed(Arp("10.0.0.1", "10.0.0.9"), 22, 3));
        AssertStatus(NeighborStatus.Gratuitous, Arp("10.0.0.9", "10.0.0.9"));
        AssertStatus(NeighborStatus.BadTarget, Arp("10.0.0.1", "224.0.0.1"));
        AssertStatus(NeighborStatus.BadTarget, Arp("10.0.0.1", "127.0.0.1"));
        AssertStatus(NeighborStatus.BadTarget, Arp("10.0.0.1", "0.0.0.0"));
        AssertStatus(NeighborStatus.Unknown, Arp("10.0.0.1", "10.0.0.8"));
        AssertStatus(NeighborStatus.NoAnswer, Changed(Arp("10.0.0.1", "10.0.0.9"), 27, 9));

        byte[] solicitation = Solicitation("fd00::1", "fd00::9");
        AssertStatus(NeighborStatus.Unknown, Solicitation("fd00::1", "fd00::8"));
        AssertStatus(NeighborStatus.BadTarget, Solicitation("fd00::1", "ff02::1"));
        AssertStatus(NeighborStatus.BadTarget, Solicitation("fd00::1", "::1"));
        AssertStatus(NeighborStatus.BadChecksum, Changed(solicitation, 56, 1));
        AssertStatus(NeighborStatus.Malformed, solicitation[..80]);
        AssertStatus(NeighborStatus.Malformed, Changed(solicitation, 21, 254));
        AssertStatus(NeighborStatus.Malformed, Changed(solicitation, 55, 1));
        AssertStatus(NeighborStatus.Malformed, Changed(solicitation, 79, 0));
        AssertStatus(NeighborStatus.Malformed, Changed(solicitation, 79, 2));
        AssertStatus(NeighborStatus.Malformed, Solicitation("::", "fd00::9"));
        AssertStatus(NeighborStatus.NoAnswer, Solicitation("fd00::1", "fd00::9", Owner));
        Assert.Equal(NeighborStatus.Unknown, _proxy.Answer(Vni + 1, Arp("10.0.0.1", "10.0.0.9"), new byte[100], out _));
        Assert.Equal(NeighborStatus.NoAnswer, _proxy.Answer(Vni, Arp("10.0.0.1", "10.0.0.9"), new byte[41], out _));
        Assert.Equal(NeighborStatus.NoAnswer, _proxy.Answer(Vni, solicitation, new byte[NeighborProxy.MostReplyBytes - 1], out _));
    }

    [Fact]
    public void Learning_is_off_unless_asked_for()
    {
        using NeighborProxy learner = new(16) { Learns = true };
        Assert.False(_proxy.Learns);
        byte[] reply = new byte[100];
        foreach ((NeighborProxy proxy, NeighborStatus expected) in new[] { (_proxy, NeighborStatus.Unknown), (learner, NeighborStatus.Answered) })
        {
            proxy.Answer(Vni, Arp("10.0.0.1", "10.0.0.7"), reply, out _);
            proxy.Answer(Vni, Solicitation("fd00::1", "fd00::7"), reply, out _);
            Assert.Equal(expected, proxy.Answer(Vni, Changed(Arp("10.0.0.7", "10.0.0.1"), 27, 7), reply, out _));
            Assert.Equal(expected, proxy.Answer(Vni, Solicitation("fd00::7", "fd00::1", Owner), reply, out _));
        }
    }

    [Fact]
    public void Neighbours_move_and_go()
    {
        Assert.Equal(MapError.Ok, _proxy.Set(Vni, OwnerAddress, new MacAddress([2, 0, 0, 0, 0, 5])));
        Assert.Equal(5, Answer(Arp("10.0.0.1", "10.0.0.9"))[11]);
        Assert.Equal(2, _proxy.Count);
        Assert.Equal(MapError.Ok, _proxy.Remove(Vni, OwnerAddress));
        Assert.Equal(MapError.Ok, _proxy.Remove(Vni, KernelVxlanTests.Address("fd00::9")));
        Assert.Equal(MapError.NotFound, _proxy.Remove(Vni, OwnerAddress));
        AssertStatus(NeighborStatus.Unknown, Arp("10.0.0.1", "10.0.0.9"));
        AssertStatus(NeighborStatus.Unknown, Solicitation("fd00::1", "fd00::9"));
    }

    [Fact]
    public void Anything_may_come()
    {
        Random random = new(5);
        byte[] reply = new byte[NeighborProxy.MostReplyBytes], solicitation = Solicitation("fd00::1", "fd00::9"), arp = Arp("10.0.0.1", "10.0.0.9");
        for (int i = 0; i < 20_000; i++)
        {
            byte[] frame = [.. i % 2 == 0 ? solicitation : arp];
            for (int n = random.Next(4); n > 0; n--)
                frame[random.Next(12, frame.Length)] = (byte)random.Next(256);
            NeighborStatus status = _proxy.Answer(Vni, frame.AsSpan(0, random.Next(frame.Length + 1)), reply, out int bytes);
            Assert.Equal(status == NeighborStatus.Answered, bytes != 0);
        }

        Allocation.IsZero(() => _proxy.Answer(Vni, solicitation, reply, out _));
        Allocation.IsZero(() => _proxy.Answer(Vni, arp, reply, out _));
    }

    private byte[] Answer(byte[] frame)
    {
        byte[] reply = new byte[200];
        Assert.Equal(NeighborStatus.Answered, _proxy.Answer(Vni, frame, reply, out int bytes));
        return reply[..bytes];
    }

    private void AssertStatus(NeighborStatus expected, byte[] frame)
    {
        Assert.Equal(expected, _proxy.Answer(Vni, frame, new byte[200], out int bytes));
        Assert.Equal(0, bytes);
    }

    private static byte[] Arp(string sender, string target, ushort operation = ArpHeader.Request)
    {
        byte[] frame = new byte[42];
        EthernetWriter.Write(frame, new MacAddress([255, 255, 255, 255, 255, 255]), Asker, ArpHeader.EtherType);
        ArpWriter.Write(frame.AsSpan(14), operation, Asker, FrameSpec.Ipv4(sender), default, FrameSpec.Ipv4(target));
        return frame;
    }

    private static byte[] Solicitation(string sender, string target) => Solicitation(sender, target, Asker);

    private static byte[] Solicitation(string sender, string target, MacAddress? option)
    {
        byte[] address = new byte[16], mac = new byte[6];
        FrameSpec.Ipv6(target).CopyTo(address);
        (option ?? default).CopyTo(mac);
        return new FrameSpec
        {
            Source = sender,
            Destination = "ff02::1:ff00:9",
            Protocol = IpProtocol.IcmpV6,
            IcmpType = 135,
            IcmpRest = 0,
            Ttl = 255,
            Payload = option is null ? address : [.. address, 1, 1, .. mac],
        }.ToBytes();
    }

    private static byte[] Changed(byte[] frame, int at, byte value)
    {
        byte[] copy = [.. frame];
        copy[at] = value;
        return copy;
    }
}
