namespace DatapathKernels.Overlay;

/// <summary>How to cut a packet that segmentation offload made larger than the wire takes.</summary>
/// <param name="PayloadBytes">
/// Payload of each segment but the last, bytes: the kernel's <c>gso_size</c>, for TCP the maximum segment size less its options.
/// <see cref="PacketSegmenter.LargestPayload(ReadOnlySpan{byte}, in Packets.PacketInfo, int)"/> gives it for a path MTU.
/// </param>
/// <param name="Headroom">Bytes to leave free before each frame, where an outer header can be written later.</param>
/// <param name="FixedId">
/// Every segment keeps the inner IPv4 identification instead of counting up (the kernel's <c>SKB_GSO_TCP_FIXEDID</c>): for
/// packets with DF, whose identification means nothing (RFC 6864).
/// </param>
public readonly record struct SegmentOptions(int PayloadBytes, int Headroom = 0, bool FixedId = false);
