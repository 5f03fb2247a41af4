namespace DatapathKernels.Filtering;

/// <summary>What LOG writes besides the usual, with the kernel's values (<c>NF_LOG_*</c>).</summary>
[Flags]
public enum LogOptions : byte
{
    /// <summary>The usual.</summary>
    None = 0,

    /// <summary><c>--log-tcp-sequence</c>.</summary>
    TcpSequence = 1,

    /// <summary><c>--log-tcp-options</c>.</summary>
    TcpOptions = 2,

    /// <summary><c>--log-ip-options</c>.</summary>
    IpOptions = 4,

    /// <summary><c>--log-uid</c>.</summary>
    Uid = 8,

    /// <summary><c>--log-macdecode</c>.</summary>
    MacDecode = 32,
}
