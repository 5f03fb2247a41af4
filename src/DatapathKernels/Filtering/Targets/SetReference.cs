namespace DatapathKernels.Filtering;

/// <summary>A set and the sides of the packet that make its entry: <c>--add-set KUBE-IPS src,dst</c>.</summary>
/// <param name="Name">The set's name.</param>
/// <param name="Directions">A side for each part of the entry.</param>
public readonly record struct SetReference(string Name, IpSetDirections Directions);
