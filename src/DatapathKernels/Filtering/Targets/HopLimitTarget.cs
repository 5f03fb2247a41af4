namespace DatapathKernels.Filtering;

/// <summary><c>-j TTL</c> (IPv4) and <c>-j HL</c> (IPv6).</summary>
/// <param name="Family">Which of the two.</param>
/// <param name="Mode">What is done.</param>
/// <param name="Value">With which number.</param>
public sealed record HopLimitTarget(IpFamily Family, HopLimitMode Mode, byte Value) : RuleTarget;
