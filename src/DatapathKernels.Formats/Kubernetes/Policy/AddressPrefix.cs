using System.Net;
using System.Net.Sockets;

namespace DatapathKernels.Formats.Kubernetes.Policy;

/// <summary>Ranges around addresses.</summary>
internal static class AddressPrefix
{
    /// <summary>The range of just this address.</summary>
    public static IPNetwork Of(IPAddress address) => new(address, address.AddressFamily == AddressFamily.InterNetwork ? 32 : 128);

    /// <summary>Every range that holds the prefix, itself and the one of all addresses included.</summary>
    public static IEnumerable<IPNetwork> Around(IPNetwork prefix)
    {
        for (int length = prefix.PrefixLength; length >= 0; length--)
            yield return Cut(prefix, length);
    }

    /// <summary>The range of that length around the prefix.</summary>
    public static IPNetwork Cut(IPNetwork prefix, int length)
    {
        byte[] bytes = prefix.BaseAddress.GetAddressBytes();
        int whole = length / 8;
        if (whole < bytes.Length)
        {
            bytes[whole] &= (byte)(0xff00 >> (length % 8));
            bytes.AsSpan(whole + 1).Clear();
        }

        return new(new IPAddress(bytes), length);
    }

    /// <summary>How many groups of 256 entries the routes to these prefixes take below a first level of so many bits.</summary>
    public static int GroupsBelow(int rootBits, IEnumerable<IPNetwork> prefixes)
    {
        HashSet<IPNetwork> groups = [];
        foreach (IPNetwork prefix in prefixes)
        {
            for (int bits = rootBits; bits < prefix.PrefixLength; bits += 8)
                groups.Add(Cut(prefix, bits));
        }

        return Math.Max(1, groups.Count);
    }
}
