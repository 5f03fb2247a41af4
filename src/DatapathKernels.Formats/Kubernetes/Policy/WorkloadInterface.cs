using System.Security.Cryptography;
using System.Text;

namespace DatapathKernels.Formats.Kubernetes.Policy;

/// <summary>The name of a pod's interface on its node, as Calico's Kubernetes backend derives it.</summary>
public static class WorkloadInterface
{
    /// <summary>What all such names begin with.</summary>
    public const string Prefix = "cali";

    /// <summary>The name: <see cref="Prefix"/> and the first 11 hexadecimal digits of the SHA-1 of <c>namespace.pod</c>.</summary>
    public static string NameOf(string podNamespace, string pod)
    {
#pragma warning disable CA5350 // a name, not a secret: it must be the one Calico makes
        byte[] hash = SHA1.HashData(Encoding.UTF8.GetBytes($"{podNamespace}.{pod}"));
#pragma warning restore CA5350
        return Prefix + Convert.ToHexStringLower(hash)[..11];
    }
}
