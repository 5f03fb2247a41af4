using System.Buffers.Binary;
using System.Net;

namespace DatapathKernels.Tests.Oracles;

/// <summary>Routes in a dictionary; a lookup asks every one of them.</summary>
internal sealed class RouteOracle
{
    private readonly Dictionary<IPNetwork, (UInt128 Bits, uint NextHop)> _routes = [];

    public int Count => _routes.Count;

    public IEnumerable<IPNetwork> Networks => _routes.Keys;

    public void Insert(IPNetwork network, uint nextHop) => _routes[network] = (Number(network.BaseAddress), nextHop);

    public bool Delete(IPNetwork network) => _routes.Remove(network);

    public uint? Lookup(IPAddress address)
    {
        UInt128 asked = Number(address);
        int best = -1;
        uint? hop = null;
        foreach ((IPNetwork network, (UInt128 bits, uint nextHop)) in _routes)
        {
            int length = network.PrefixLength;
            if (length > best && (length == 0 || (asked ^ bits) >> (128 - length) == 0))
                (best, hop) = (length, nextHop);
        }

        return hop;
    }

    private static UInt128 Number(IPAddress address)
    {
        byte[] bytes = new byte[16];
        address.TryWriteBytes(bytes, out _);
        return BinaryPrimitives.ReadUInt128BigEndian(bytes);
    }
}
