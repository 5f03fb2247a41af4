using System.Runtime.CompilerServices;
using DatapathKernels.Packets;

namespace DatapathKernels.LoadBalancing;

/// <summary>The five-tuple of a packet in either family: addresses and ports as on the wire, IPv4 in the first four bytes.</summary>
internal readonly record struct IpvsTuple(IPv6Address Source, IPv6Address Destination, ushort SourcePortBe, ushort DestinationPortBe, IpProtocol Protocol, bool IsV6)
{
    /// <summary>The tuple of a packet, from the key of its family.</summary>
    public static IpvsTuple Of(in PacketInfo info, in FlowKeyV4 v4, in FlowKeyV6 v6) => (info.Flags & PacketFlags.Ipv4) != 0 ? Of(v4) : Of(v6);

    public static IpvsTuple Of(in FlowKeyV4 key) =>
        new(IPv6Address.OfV4(key.SourceBe), IPv6Address.OfV4(key.DestinationBe), key.SourcePortBe, key.DestinationPortBe, key.Protocol, false);

    public static IpvsTuple Of(in FlowKeyV6 key) =>
        new(key.Source, key.Destination, key.SourcePortBe, key.DestinationPortBe, key.Protocol, true);

    /// <summary>The other way round.</summary>
    public IpvsTuple Reversed => new(Destination, Source, DestinationPortBe, SourcePortBe, Protocol, IsV6);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public FlowKeyV4 ToV4() => new(IPv6Address.FirstWord(Source), IPv6Address.FirstWord(Destination), SourcePortBe, DestinationPortBe, Protocol);

    public FlowKeyV6 ToV6() => new(Source, Destination, SourcePortBe, DestinationPortBe, Protocol);
}
