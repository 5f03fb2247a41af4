using System.Net;
using System.Runtime.InteropServices;
using DatapathKernels.Maps;
using DatapathKernels.Packets;

namespace DatapathKernels.Bench.Input;

/// <summary>
/// Routes with the prefix lengths of the public routing tables (IPv4: six of ten are /24s; IPv6: nearly half are /48s), at
/// random places, and addresses inside them. Everything comes from one seed.
/// </summary>
internal sealed class RouteSet
{
    private static readonly (int Length, int Share)[] V4 = [(24, 60), (23, 10), (22, 12), (21, 5), (20, 4), (19, 3), (18, 2), (17, 1), (16, 2), (32, 1)];
    private static readonly (int Length, int Share)[] V6 = [(48, 47), (32, 12), (44, 9), (40, 9), (36, 4), (46, 4), (47, 4), (56, 3), (64, 6), (128, 2)];

    public RouteSet(int routes, bool v6)
    {
        Random random = new(11);
        HashSet<IPNetwork> networks = [];
        while (networks.Count < routes)
            networks.Add(RandomNetwork(random, v6));
        Networks = [.. networks];
    }

    /// <summary>The routes; the place in the list is the next hop.</summary>
    public IReadOnlyList<IPNetwork> Networks { get; }

    /// <summary>Fills a table.</summary>
    public void Fill(RouteTable table)
    {
        for (int i = 0; i < Networks.Count; i++)
        {
            if (table.Insert(Networks[i], (uint)i) is not MapError.Ok and var error)
                throw new InvalidOperationException($"route {i}, {Networks[i]}: {error}");
        }
    }

    /// <summary>Addresses inside the routes, each route as likely as another.</summary>
    public IPAddress[] Addresses(int count)
    {
        Random random = new(12);
        IPAddress[] addresses = new IPAddress[count];
        for (int i = 0; i < count; i++)
            addresses[i] = Inside(Networks[random.Next(Networks.Count)], random);
        return addresses;
    }

    /// <summary>IPv4 addresses as they stand in packets.</summary>
    public static uint[] Words(IPAddress[] addresses) => [.. addresses.Select(a => MemoryMarshal.Read<uint>(a.GetAddressBytes()))];

    /// <summary>IPv6 addresses as they stand in packets.</summary>
    public static IPv6Address[] AddressesV6(IPAddress[] addresses) => [.. addresses.Select(a => new IPv6Address(a.GetAddressBytes()))];

    private static IPNetwork RandomNetwork(Random random, bool v6)
    {
        byte[] bytes = new byte[v6 ? 16 : 4];
        random.NextBytes(bytes);
        bytes[0] = v6 ? (byte)(0x20 | (bytes[0] & 15)) : (byte)(1 + (bytes[0] % 222));
        int length = Pick(v6 ? V6 : V4, random);
        for (int bit = length; bit < bytes.Length * 8; bit++)
            bytes[bit / 8] &= (byte)~(128 >> (bit % 8));
        return new IPNetwork(new IPAddress(bytes), length);
    }

    private static int Pick((int Length, int Share)[] shares, Random random)
    {
        int draw = random.Next(shares.Sum(s => s.Share));
        foreach ((int length, int share) in shares)
        {
            if ((draw -= share) < 0)
                return length;
        }

        return shares[0].Length;
    }

    private static IPAddress Inside(IPNetwork network, Random random)
    {
        byte[] bytes = network.BaseAddress.GetAddressBytes();
        for (int bit = network.PrefixLength; bit < bytes.Length * 8; bit++)
            bytes[bit / 8] |= (byte)(random.Next(2) << (7 - (bit % 8)));
        return new IPAddress(bytes);
    }
}
