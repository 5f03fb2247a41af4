using System.Net;

namespace DatapathKernels.LoadBalancing;

/// <summary>A real server as the administrator gives it.</summary>
/// <param name="Address">Its address, IPv4 or IPv6.</param>
/// <param name="Port">Its port, host order.</param>
/// <param name="Weight">Its weight, from 0: no new connections (the server drains).</param>
/// <param name="UpperThreshold">Connections at which it counts as overloaded; 0 for no limit.</param>
/// <param name="LowerThreshold">Connections below which it no longer does; 0 for three quarters of the upper threshold.</param>
/// <param name="Forwarding">How packets get there. Direct routing and tunnelling keep the port, whatever <paramref name="Port"/> says.</param>
public readonly record struct RealServer(
    IPAddress Address, ushort Port, int Weight = 1, int UpperThreshold = 0, int LowerThreshold = 0, ForwardingMode Forwarding = ForwardingMode.Nat);
