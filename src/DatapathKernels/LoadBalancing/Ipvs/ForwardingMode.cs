namespace DatapathKernels.LoadBalancing;

/// <summary>How IPVS brings a packet to a real server (<c>ipvsadm -m, -g, -i</c>).</summary>
public enum ForwardingMode : byte
{
    /// <summary>NAT (<c>-m</c>, masquerading): addresses and ports are rewritten, both ways.</summary>
    Nat,

    /// <summary>Direct routing (<c>-g</c>): the packet as it is, to the server's MAC address.</summary>
    DirectRouting,

    /// <summary>Tunnelling (<c>-i</c>): the packet as it is, in another IP packet to the server.</summary>
    Tunnel,
}
