using System.Runtime.CompilerServices;
using DatapathKernels.Hashing;
using DatapathKernels.Packets;

namespace DatapathKernels.LoadBalancing;

/// <summary>The project's hash of tuples: a packet's key and the tuple made of it have the same, whatever the key's zone.</summary>
internal readonly struct IpvsTupleHash(uint seed)
{
    // Where a key has its zone stands what kind of tuple it is.
    private const ulong PortsAndProtocol = 0xff_ffff_ffff;
    private const int KindShift = 48;

    private readonly HashSecret _secret = new(seed);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong Of(in FlowKeyV4 key, ulong kind = 0) =>
        FlowHash.Compute(FlowKeyHash.Word(in key, 0), (FlowKeyHash.Word(in key, 1) & PortsAndProtocol) | (kind << KindShift), in _secret);

    public ulong Of(in FlowKeyV6 key, ulong kind = 0) => FlowHash.Compute(
        FlowKeyHash.Word(in key, 0), FlowKeyHash.Word(in key, 1), FlowKeyHash.Word(in key, 2), FlowKeyHash.Word(in key, 3),
        (FlowKeyHash.Word(in key, 4) & PortsAndProtocol) | (kind << KindShift), _secret.Seed);

    public ulong Of(in IpvsTuple tuple, ulong kind = 0) => tuple.IsV6 ? Of(tuple.ToV6(), kind) : Of(tuple.ToV4(), kind);
}
