using DatapathKernels.Hashing;
using DatapathKernels.Packets;

namespace DatapathKernels.Conntrack;

/// <summary>
/// Which worker a flow belongs to: a Toeplitz hash with a key of period 16 bits, so that both directions fall together, as network cards with that key spread them
/// (<see cref="Toeplitz.SymmetricKey"/>). It keeps 16 bits of the tuple, and strangers can aim at a worker.
/// </summary>
internal sealed class ShardMap(int shards)
{
    private readonly Toeplitz _hash = new(Toeplitz.SymmetricKey);

    public int Of(in FlowKeyV6 key)
    {
        // The numbers of ICMP are an identifier, the same both ways, and a type, which is not; those of other protocols are ports or zero.
        bool icmp = key.Protocol is IpProtocol.Icmp or IpProtocol.IcmpV6;
        Span<byte> addresses = stackalloc byte[32];
        key.Source.CopyTo(addresses);
        key.Destination.CopyTo(addresses[16..]);
        ushort destinationPortBe = icmp ? (ushort)0 : key.DestinationPortBe;
        uint hash = ConnectionKeys.IsV4(key.Source)
            ? _hash.V4(Word(addresses[12..]), Word(addresses[28..]), key.SourcePortBe, destinationPortBe)
            : _hash.V6(addresses[..16], addresses[16..], key.SourcePortBe, destinationPortBe);
        return (int)(((ulong)hash * (uint)shards) >> 32);
    }

    private static uint Word(ReadOnlySpan<byte> bytes) => System.Runtime.InteropServices.MemoryMarshal.Read<uint>(bytes);
}
