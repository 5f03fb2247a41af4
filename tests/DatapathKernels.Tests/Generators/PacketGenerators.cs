using DatapathKernels.Packets;
using FsCheck;
using FsCheck.Fluent;

namespace DatapathKernels.Tests.Generators;

/// <summary>Random frames: sound ones of every shape the parsers know, and broken ones.</summary>
public static class PacketGenerators
{
    private static readonly IpProtocol[] Protocols4 = [IpProtocol.Tcp, IpProtocol.Udp, IpProtocol.Icmp, IpProtocol.Sctp, IpProtocol.Gre];
    private static readonly IpProtocol[] Protocols6 = [IpProtocol.Tcp, IpProtocol.Udp, IpProtocol.IcmpV6, IpProtocol.Sctp, IpProtocol.Esp];
    private static readonly LinkType[] Links =
        [LinkType.Ethernet, LinkType.Ethernet, LinkType.LinuxSll, LinkType.LinuxSll2, LinkType.Null, LinkType.Loop, LinkType.Raw];

    private static readonly (IpProtocol, byte[])[] Extensions =
    [
        (IpProtocol.HopByHop, [1, 4, 0, 0, 0, 0]),
        (IpProtocol.DestinationOptions, [1, 12, .. new byte[12]]),
        (IpProtocol.Routing, [4, 0, .. new byte[20]]),
        (IpProtocol.Ah, [0, 0, .. new byte[20]]),
        (IpProtocol.Fragment, []),
    ];

    /// <summary>Bytes of any value.</summary>
    public static Gen<byte[]> Bytes(int most) =>
        Gen.Choose(0, most).SelectMany(n => Gen.Choose(0, 255).Select(b => (byte)b).ArrayOf(n));

    /// <summary>A sound frame, not fragmented.</summary>
    public static Gen<FrameSpec> Frames { get; } =
        from v6 in Gen.Elements(false, true)
        from link in Gen.Elements(Links)
        from vlans in Gen.Elements<ushort[]>([], [], [7], [100, 4094])
        from protocol in Gen.Elements(v6 ? Protocols6 : Protocols4)
        from host in Gen.Choose(1, 0xfffe)
        from ports in Gen.Choose(0, ushort.MaxValue).Two()
        from payload in Bytes(80)
        from words in Gen.Choose(0, 10)
        from extensions in Gen.SubListOf(Extensions)
        from flags in Gen.Choose(0, 255)
        from tos in Gen.Choose(0, 255)
        from padding in Gen.Choose(0, 20)
        select new FrameSpec
        {
            Link = link,
            Vlans = link is LinkType.Ethernet or LinkType.LinuxSll or LinkType.LinuxSll2 ? vlans : [],
            Source = v6 ? $"fd00::{host:x}" : $"10.{host >> 8}.{host & 255}.1",
            Destination = v6 ? "fd00:10:96::a" : "10.96.0.10",
            Protocol = protocol,
            SourcePort = (ushort)ports.Item1,
            DestinationPort = (ushort)ports.Item2,
            Payload = payload,
            Tos = (byte)tos,
            Options = v6 ? [] : Enumerable.Repeat((byte)1, words * 4).ToArray(),
            Extensions = v6 ? [.. extensions] : [],
            TcpFlags = (TcpFlags)flags,
            TcpOptions = Enumerable.Repeat((byte)1, words * 4).ToArray(),
            IcmpType = v6 ? (byte)128 : (byte)8,
            IcmpRest = (uint)ports.Item1 << 16 | (uint)ports.Item2,
            Padding = padding,
        };

    /// <summary>A sound frame with some of its bytes changed and some of its end cut off.</summary>
    public static Gen<(LinkType Link, byte[] Frame)> BrokenFrames { get; } =
        from spec in Frames
        from cut in Gen.Choose(0, 60)
        from changes in Gen.Choose(0, 255).Two().ArrayOf(4)
        select (spec.Link, Break(spec.ToBytes(), cut, changes));

    private static byte[] Break(byte[] frame, int cut, (int At, int Value)[] changes)
    {
        byte[] broken = frame[..Math.Max(0, frame.Length - Math.Max(0, cut - 30))];
        foreach ((int at, int value) in changes)
        {
            if (at < broken.Length)
                broken[at] = (byte)value;
        }

        return broken;
    }
}
