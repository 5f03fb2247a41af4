namespace DatapathKernels.Tests.Datapaths;

/// <summary>
/// Everything in which a mode truly differs from kube-proxy's iptables mode, as the real systems do. What differs otherwise is a defect.
/// <code>
///                          nftables  IPVS  eBPF
/// NoLocalhost                 x       x     x     node ports do not answer on 127.0.0.1
/// OtherPorts                  x       x           a port that a ClusterIP does not serve is refused; iptables routes the packet on
/// ToldInsteadOfDropped                x     x     a Local policy without an endpoint on the node: the client is told; iptables drops
/// AllServe                            x           a Local policy without an endpoint on the node: all serve, if the service has addresses outside
/// LocalOnly                           x           an external Local policy holds for pods and the node too
/// SourceRangeFirst                    x     x     source ranges are asked before endpoints are; iptables refuses where there are none
/// HairpinOfUnknownNode                x           an endpoint that names no node is not masqueraded when it meets itself
/// ClusterIPFromOutside                      x     packets to a ClusterIP from outside the node are dropped
/// OwnSourceToLocalBackend                   x     clients from outside keep their address towards a backend on the node
/// OwnSourceOfPods                           x     pods keep their address, whatever address of a service they ask
/// PodsAreKnown                              x     a pod's packet is known by its interface; kube-proxy needs a pod range to tell
/// PodsAskElsewhere                          x     a pod is outside at another node, whose external policy Local then holds for it
/// BalancersName                             x     a packet in a load balancer's own name meets its source ranges like any other
/// </code>
/// </summary>
public enum ModeDifference
{
    None,
    NoLocalhost,
    OtherPorts,
    ToldInsteadOfDropped,
    AllServe,
    LocalOnly,
    SourceRangeFirst,
    HairpinOfUnknownNode,
    ClusterIPFromOutside,
    OwnSourceToLocalBackend,
    OwnSourceOfPods,
    PodsAreKnown,
    PodsAskElsewhere,
    BalancersName,
}
