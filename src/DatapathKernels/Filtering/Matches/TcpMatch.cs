namespace DatapathKernels.Filtering;

/// <summary><c>-m tcp</c>: ports, flags and options. Never matches a fragment with an offset above zero.</summary>
/// <param name="Source"><c>[!] --sport</c>.</param>
/// <param name="Destination"><c>[!] --dport</c>.</param>
/// <param name="FlagMask">The flags looked at, as in byte 13 of the header; 0 for no test. <c>--syn</c> is FIN,SYN,RST,ACK.</param>
/// <param name="FlagValue">The flags of the mask that must be set.</param>
/// <param name="FlagsNegated">True for <c>! --tcp-flags</c> and <c>! --syn</c>.</param>
/// <param name="Option"><c>--tcp-option</c>: the kind of an option that must be there; 0 for no test, as in the kernel.</param>
/// <param name="OptionNegated">True for <c>! --tcp-option</c>.</param>
public sealed record TcpMatch(
    PortTest Source,
    PortTest Destination,
    byte FlagMask = 0,
    byte FlagValue = 0,
    bool FlagsNegated = false,
    byte Option = 0,
    bool OptionNegated = false) : RuleMatch;
