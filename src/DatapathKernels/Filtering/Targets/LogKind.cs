namespace DatapathKernels.Filtering;

/// <summary>The targets that tell someone of a packet.</summary>
public enum LogKind : byte
{
    /// <summary><c>-j LOG</c>: a line in the kernel log.</summary>
    Log,

    /// <summary><c>-j NFLOG</c>: a message to a netlink group.</summary>
    NfLog,

    /// <summary><c>-j TRACE</c>: the packet's way through the rules is logged.</summary>
    Trace,
}
