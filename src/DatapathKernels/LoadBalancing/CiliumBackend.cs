using System.Globalization;
using System.Net;
using System.Net.Sockets;
using DatapathKernels.Packets;

namespace DatapathKernels.LoadBalancing;

/// <summary>A backend as Cilium's Maglev sees it.</summary>
/// <param name="Address">Its address.</param>
/// <param name="Port">Its port.</param>
/// <param name="Protocol">TCP, UDP or SCTP.</param>
/// <param name="Weight">Its weight; Cilium's default is 100. Leave backends of weight 0 out: Cilium's build would give one a slot.</param>
/// <param name="IsInternal">True for a backend of internal scope (Cilium's <c>/i</c>).</param>
public readonly record struct CiliumBackend(IPAddress Address, ushort Port, IpProtocol Protocol, uint Weight = 100, bool IsInternal = false)
{
    /// <summary>
    /// What Cilium hashes and sorts by, for example <c>[10.0.0.1:8080/TCP,State:active]</c>; IPv6 addresses stand in brackets.
    /// </summary>
    public string Identity
    {
        get
        {
            string host = Address.AddressFamily == AddressFamily.InterNetworkV6 ? $"[{Address}]" : Address.ToString();
            string protocol = Protocol.ToString().ToUpperInvariant();
            return string.Create(CultureInfo.InvariantCulture, $"[{host}:{Port}/{protocol}{(IsInternal ? "/i" : "")},State:active]");
        }
    }
}
