using System.Buffers.Binary;
using System.Runtime.InteropServices;
using DatapathKernels.Hashing;
using DatapathKernels.Packets;

namespace DatapathKernels.Conntrack;

/// <summary>
/// The kernel's hash of a tuple (<c>hash_conntrack_raw</c>): SipHash-2-4 over 48 bytes. The two directions of a connection hash differently.
/// </summary>
public static class ConntrackHash
{
    private const int Bytes = 48;
    private const ushort FamilyV4 = 2, FamilyV6 = 10;

    /// <summary>The hash of a tuple.</summary>
    /// <param name="tuple">The tuple; IPv4 addresses as <c>::ffff:a.b.c.d</c>.</param>
    /// <param name="netMix">What the network namespace adds.</param>
    /// <param name="key0">First half of the key a kernel draws when it starts.</param>
    /// <param name="key1">Second half.</param>
    public static uint Of(in FlowKeyV6 tuple, uint netMix, ulong key0, ulong key1)
    {
        Span<byte> message = stackalloc byte[Bytes];
        message.Clear();
        bool ipv4 = ConnectionKeys.IsV4(tuple.Source);
        WriteAddress(message, tuple.Source, ipv4);
        MemoryMarshal.Write(message[16..], tuple.SourcePortBe);
        BinaryPrimitives.WriteUInt16LittleEndian(message[18..], ipv4 ? FamilyV4 : FamilyV6);
        WriteAddress(message[20..], tuple.Destination, ipv4);
        BinaryPrimitives.WriteUInt32LittleEndian(message[36..], tuple.Zone);
        BinaryPrimitives.WriteUInt32LittleEndian(message[40..], netMix);
        MemoryMarshal.Write(message[44..], tuple.DestinationPortBe);
        BinaryPrimitives.WriteUInt16LittleEndian(message[46..], (ushort)tuple.Protocol);
        return (uint)SipHash.Compute24(message, key0, key1);
    }

    /// <summary>The bucket of a hash: scaled, not masked.</summary>
    public static uint Bucket(uint hash, uint buckets) => (uint)(((ulong)hash * buckets) >> 32);

    private static void WriteAddress(Span<byte> destination, in IPv6Address address, bool ipv4) => ConnectionKeys.Wire(ipv4, address).CopyTo(destination);
}
