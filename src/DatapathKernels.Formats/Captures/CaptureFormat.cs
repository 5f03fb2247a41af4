namespace DatapathKernels.Formats.Captures;

/// <summary>The layout of a capture file.</summary>
public enum CaptureFormat : byte
{
    /// <summary>Classic pcap with microseconds, magic <c>a1b2c3d4</c> (or Kuznetzov's variant <c>a1b2cd34</c>, read only).</summary>
    PcapMicroseconds,

    /// <summary>Classic pcap with nanoseconds, magic <c>a1b23c4d</c>.</summary>
    PcapNanoseconds,

    /// <summary>pcapng (https://www.ietf.org/archive/id/draft-ietf-opsawg-pcapng-03.html).</summary>
    PcapNg,
}
