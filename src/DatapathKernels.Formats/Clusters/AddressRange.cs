using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace DatapathKernels.Formats.Clusters;

/// <summary>Arithmetic on a CIDR range of either family.</summary>
internal readonly struct AddressRange
{
    private readonly UInt128 _base;
    private readonly bool _v6;

    public AddressRange(IPNetwork network)
    {
        Network = network;
        _v6 = network.BaseAddress.AddressFamily == AddressFamily.InterNetworkV6;
        Span<byte> bytes = stackalloc byte[16];
        bytes.Clear();
        network.BaseAddress.TryWriteBytes(_v6 ? bytes : bytes[12..], out _);
        _base = BinaryPrimitives.ReadUInt128BigEndian(bytes);
    }

    public IPNetwork Network { get; }

    private int Bits => _v6 ? 128 : 32;

    /// <summary>Usable offsets, from 1: the first address names the network and IPv4's last is its broadcast address.</summary>
    public int Usable => (int)UInt128.Min(Count(Bits) - (_v6 ? 1u : 2u), int.MaxValue);

    /// <summary>How many subnets of a prefix length fit.</summary>
    public int Subnets(int prefix) => prefix < Network.PrefixLength ? 0 : (int)UInt128.Min(Count(prefix), int.MaxValue);

    /// <summary>The address at an offset from the first.</summary>
    public IPAddress At(UInt128 offset)
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, _base + offset);
        return new IPAddress(_v6 ? bytes : bytes[12..]);
    }

    /// <summary>The n-th subnet of a prefix length.</summary>
    public IPNetwork Subnet(int prefix, int index) => new(At((UInt128)(uint)index << (Bits - prefix)), prefix);

    private UInt128 Count(int prefix) => Bits == 128 && Network.PrefixLength == 0 && prefix == 128
        ? UInt128.MaxValue
        : UInt128.One << (prefix - Network.PrefixLength);
}
