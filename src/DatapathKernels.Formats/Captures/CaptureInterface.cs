using DatapathKernels.Packets;

namespace DatapathKernels.Formats.Captures;

/// <summary>One interface of a capture. A classic pcap has exactly one; a pcapng section has as many as it describes.</summary>
/// <param name="LinkType">What its frames start with. Any number is possible; the named ones are those the parsers know.</param>
/// <param name="SnapLength">The most bytes kept of a frame; 0 means no limit.</param>
/// <param name="Clock">The resolution and the offset of its time stamps.</param>
public readonly record struct CaptureInterface(LinkType LinkType, uint SnapLength, CaptureClock Clock);
