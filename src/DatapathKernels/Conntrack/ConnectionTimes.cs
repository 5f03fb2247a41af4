using System.Runtime.InteropServices;

namespace DatapathKernels.Conntrack;

/// <summary>When a connection began and ended (<c>struct nf_conn_tstamp</c>), milliseconds of the caller's clock.</summary>
/// <param name="StartedMs">When it was confirmed; 0 before.</param>
/// <param name="StoppedMs">When it ended, by a packet, for room, or because its time was over; 0 before.</param>
[StructLayout(LayoutKind.Sequential)]
public readonly record struct ConnectionTimes(long StartedMs, long StoppedMs);
