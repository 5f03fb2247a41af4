namespace DatapathKernels.Packets;

/// <summary>What <see cref="AddressRewriter"/> and <see cref="SegmentSizeRewriter"/> did.</summary>
public enum RewriteStatus : byte
{
    /// <summary>Address and port (or ICMP identifier) are rewritten and every checksum is mended.</summary>
    Ok = 0,

    /// <summary>The address is rewritten and mended; this packet has no port to rewrite: a later fragment, a protocol without ports.</summary>
    AddressOnly,

    /// <summary>
    /// Nothing was changed: the first fragment of an SCTP packet needs another port, and its CRC covers bytes that this
    /// frame does not hold: reassemble first, as Linux does. Or there is no whole TCP header to look at.
    /// </summary>
    NotWhole,

    /// <summary>Nothing was changed: the packet would have grown past the end of its buffer.</summary>
    NoRoom,
}
