using DatapathKernels.Packets;

namespace DatapathKernels.Overlay;

/// <summary>A real server of Katran's, and how packets get there.</summary>
/// <param name="Real">Its address as on the wire, IPv4 in the first four bytes.</param>
/// <param name="IsV6">The family of that address: the outer one.</param>
/// <param name="IsGue">True for GUE, false for IP in IP.</param>
public readonly record struct KatranTarget(IPv6Address Real, bool IsV6, bool IsGue);
