using System.Runtime.CompilerServices;
using DatapathKernels.Hashing;
using DatapathKernels.Packets;

namespace DatapathKernels.LoadBalancing;

/// <summary>
/// The project's hash of a connection's client: its address, port and protocol, which a packet has as its source when the client sent it and as its destination
/// when it is a reply. A packet's key and the tuple made of it have the same, whatever the key's zone.
/// </summary>
internal readonly struct ClientHash(uint seed)
{
    private const int PortShift = 32, ProtocolShift = 48, KindShift = 56;

    private readonly HashSecret _secret = new(seed);

    /// <summary>Of the client that sent this packet.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong OfSource(in FlowKeyV4 key) => Of(key.SourceBe, key.SourcePortBe, key.Protocol);

    /// <summary>Of the client that this reply goes to.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong OfDestination(in FlowKeyV4 key) => Of(key.DestinationBe, key.DestinationPortBe, key.Protocol);

    /// <inheritdoc cref="OfSource(in FlowKeyV4)"/>
    public ulong OfSource(in FlowKeyV6 key) => Of(key.Source, key.SourcePortBe, key.Protocol);

    /// <inheritdoc cref="OfDestination(in FlowKeyV4)"/>
    public ulong OfDestination(in FlowKeyV6 key) => Of(key.Destination, key.DestinationPortBe, key.Protocol);

    /// <summary>Of the client that sent this packet; or of what a template remembers, which is kept apart by its kind.</summary>
    public ulong OfSource(in IpvsTuple tuple, ulong kind = 0) => tuple.IsV6
        ? Of(tuple.Source, tuple.SourcePortBe, tuple.Protocol, kind) : Of(IPv6Address.FirstWord(tuple.Source), tuple.SourcePortBe, tuple.Protocol, kind);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong Of(uint addressBe, ushort portBe, IpProtocol protocol, ulong kind = 0) => FlowHash.Compute(addressBe | Rest(portBe, protocol, kind), 0, in _secret);

    public ulong Of(in IPv6Address address, ushort portBe, IpProtocol protocol, ulong kind = 0) =>
        FlowHash.Compute(FlowKeyHash.Word(in address, 0), FlowKeyHash.Word(in address, 1), 0, 0, Rest(portBe, protocol, kind), _secret.Seed);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Rest(ushort portBe, IpProtocol protocol, ulong kind) => ((ulong)portBe << PortShift) | ((ulong)protocol << ProtocolShift) | (kind << KindShift);
}
