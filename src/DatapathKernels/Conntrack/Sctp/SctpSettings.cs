using DatapathKernels.Diagnostics;

namespace DatapathKernels.Conntrack;

/// <summary>How long SCTP associations last, by the names of the sysctls <c>net.netfilter.nf_conntrack_sctp_timeout_*</c>.</summary>
public sealed record SctpSettings
{
    /// <summary>The kernel's defaults.</summary>
    public static SctpSettings Default { get; } = new();

    /// <summary>
    /// Seconds by state: <c>closed</c>, <c>cookie_wait</c>, <c>cookie_echoed</c>, <c>established</c>, <c>shutdown_sent</c>, <c>shutdown_recd</c>,
    /// <c>shutdown_ack_sent</c>, <c>heartbeat_sent</c>, indexed by <see cref="SctpState"/>; the first is of no state.
    /// </summary>
    /// <exception cref="ArgumentException">Not one for each state.</exception>
    public IReadOnlyList<int> StateTimeouts
    {
        get => Timeouts;
        init
        {
            ArgumentNullException.ThrowIfNull(value);
            if (value.Count != SctpTransitions.TimeoutSeconds.Length)
                Throw.Argument(nameof(value), $"expected one timeout for each of the {SctpTransitions.TimeoutSeconds.Length} states");
            int[] timeouts = new int[value.Count];
            for (int state = 0; state < timeouts.Length; state++)
                timeouts[state] = value[state];
            Timeouts = timeouts;
        }
    }

    internal int[] Timeouts { get; private init; } = SctpTransitions.TimeoutSeconds.ToArray();
}
