namespace DatapathKernels.Formats.Kubernetes.Policy;

/// <summary>Which ports a rule is for.</summary>
/// <param name="Protocol">The match of the protocol, which stands before all <c>-m</c>; empty for every one.</param>
/// <param name="Match">The match of the ports; empty for every one.</param>
internal readonly record struct PortWords(string Protocol, string Match);
