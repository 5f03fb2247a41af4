using System.Security.Cryptography;
using System.Text;

namespace DatapathKernels.Formats.Kubernetes.Policy;

/// <summary>Names of chains and sets, cut to what iptables (28 characters) and ipset (31) take.</summary>
internal static class CalicoNames
{
    private const int MaxChain = 28, MaxSet = 31;

    public static string Chain(string prefix, string id) => Limited(prefix, id, MaxChain);

    /// <summary>The set of one family for a selector or a port's name; always a hash, as selectors are no names.</summary>
    public static string Set(bool v6, string kind, string id)
    {
        string prefix = $"cali{(v6 ? "60" : "40")}{kind}:";
        return prefix + Hash(id)[..(MaxSet - prefix.Length)];
    }

    /// <summary>Prefix and id where they fit, else the prefix, an underscore and as much of the id's hash as fits.</summary>
    private static string Limited(string prefix, string id, int most) =>
        prefix.Length + id.Length <= most ? prefix + id : $"{prefix}_{Hash(id)[..(most - prefix.Length - 1)]}";

    private static string Hash(string id) =>
        Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(id))).TrimEnd('=').Replace('+', '-').Replace('/', '_');
}
