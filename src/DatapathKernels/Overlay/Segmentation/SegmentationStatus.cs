namespace DatapathKernels.Overlay;

/// <summary>What <see cref="PacketSegmenter"/> or <see cref="PacketFragmenter"/> did; on everything but <see cref="Ok"/> nothing was written.</summary>
public enum SegmentationStatus : byte
{
    /// <summary>The packets are written, and are as many as the layout says. One that fits as it is comes out as one.</summary>
    Ok = 0,

    /// <summary>There is no whole TCP or UDP packet (to segment), no whole datagram (to fragment), or the frame ends before it.</summary>
    NotWhole,

    /// <summary>
    /// The packet may not be cut this way: a fragment or a TCP SYN or RST to segment, a header that covers what follows it (AH,
    /// a GRE checksum or sequence number, a jumbo payload option), an IPv6 fragment to fragment again.
    /// </summary>
    Unsupported,

    /// <summary>IPv4 forbids it (DF), or IPv6 does on the way: tell the sender with <see cref="TooBigBuilder"/>.</summary>
    DontFragment,

    /// <summary>The headers leave no room for payload in a packet of that size, or a packet would be more than 65,535 bytes.</summary>
    BadSize,

    /// <summary>The output is too small; <see cref="SegmentLayout.OutputBytes"/> says what it takes.</summary>
    NoRoom,
}
