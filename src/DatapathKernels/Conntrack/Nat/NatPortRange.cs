namespace DatapathKernels.Conntrack;

/// <summary>The ports (or ICMP identifiers) a translation may choose, host order.</summary>
/// <param name="IsGiven">False: the range follows from the packet's own port.</param>
/// <param name="First">The first port.</param>
/// <param name="Last">The last port. Smaller than the first: they are swapped.</param>
/// <param name="HasBase">The port keeps its distance from a base (<c>--to-destination :first-last/base</c>).</param>
/// <param name="Base">That base.</param>
public readonly record struct NatPortRange(bool IsGiven, ushort First = 0, ushort Last = 0, bool HasBase = false, ushort Base = 0);
