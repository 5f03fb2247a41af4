using DatapathKernels.Diagnostics;

namespace DatapathKernels.Conntrack;

/// <summary>How strictly TCP is followed, by the names of the sysctls <c>net.netfilter.nf_conntrack_tcp_*</c>, and its timeouts.</summary>
public sealed record TcpSettings
{
    /// <summary>The kernel's defaults.</summary>
    public static TcpSettings Default { get; } = new();

    /// <summary><c>tcp_loose</c>: a connection may be picked up in its middle, by a bare ACK.</summary>
    public bool Loose { get; init; } = true;

    /// <summary><c>tcp_be_liberal</c>: only resets out of the window are invalid.</summary>
    public bool BeLiberal { get; init; }

    /// <summary><c>tcp_max_retrans</c>: after so many retransmissions of one segment the timeout is short.</summary>
    public int MaxRetransmissions { get; init; } = 3;

    /// <summary><c>tcp_ignore_invalid_rst</c>: a reset from before the window is let through and changes nothing but the timeout.</summary>
    public bool IgnoreInvalidReset { get; init; }

    /// <summary><c>tcp_timeout_max_retrans</c>, seconds.</summary>
    public int MaxRetransmissionsTimeout { get; init; } = 300;

    /// <summary><c>tcp_timeout_unacknowledged</c>, seconds.</summary>
    public int UnacknowledgedTimeout { get; init; } = 300;

    /// <summary>Seconds by state: <c>tcp_timeout_syn_sent</c>, <c>_syn_recv</c>, <c>_established</c> and so on, indexed by <see cref="TcpState"/> up to SYN_SENT2.</summary>
    public IReadOnlyList<int> StateTimeouts
    {
        get => Timeouts;
        init
        {
            ArgumentNullException.ThrowIfNull(value);
            if (value.Count != TcpTransitions.TimeoutSeconds.Length)
                Throw.Argument(nameof(value), $"expected one timeout for each of the {TcpTransitions.TimeoutSeconds.Length} states");
            int[] timeouts = new int[value.Count];
            for (int state = 0; state < timeouts.Length; state++)
                timeouts[state] = value[state];
            Timeouts = timeouts;
        }
    }

    internal int[] Timeouts { get; private init; } = TcpTransitions.TimeoutSeconds.ToArray();
}
