using System.Net;

namespace DatapathKernels.LoadBalancing;

/// <summary>A real server as Katran's rings see it.</summary>
/// <param name="Hash">Its identity: any number that no other real server has (Katran hashes its address, see <see cref="Of"/>).</param>
/// <param name="Weight">Its weight.</param>
public readonly record struct KatranBackend(ulong Hash, uint Weight = 1)
{
    /// <summary>The backend of an address, by the hash that Katran takes.</summary>
    /// <param name="address">IPv4 or IPv6.</param>
    /// <param name="weight">Its weight.</param>
    public static KatranBackend Of(IPAddress address, uint weight = 1)
    {
        ArgumentNullException.ThrowIfNull(address);
        return new(KatranAddressHash.Of(address), weight);
    }
}
