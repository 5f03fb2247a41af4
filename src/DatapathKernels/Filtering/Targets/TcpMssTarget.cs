namespace DatapathKernels.Filtering;

/// <summary>
/// <c>-j TCPMSS</c>: lowers the maximum segment size that a SYN announces, and announces one where none was. A packet that is
/// no whole TCP header, or whose options leave no room, is dropped, as <c>xt_TCPMSS</c> does.
/// </summary>
/// <param name="Bytes">The size; null for <c>--clamp-mss-to-pmtu</c>: the path MTU without the IP and TCP headers.</param>
public sealed record TcpMssTarget(ushort? Bytes) : RuleTarget;
