namespace DatapathKernels.Packets;

/// <summary>What <see cref="AddressRewriter"/>, <see cref="SegmentSizeRewriter"/> and the translation of a connection did.</summary>
public enum RewriteStatus : byte
{
    /// <summary>Address and port (or ICMP identifier) are rewritten and every checksum is mended.</summary>
    Ok = 0,

    /// <summary>The address is rewritten and mended; this packet has no port to rewrite: a later fragment, a protocol without ports.</summary>
    AddressOnly,

    /// <summary>
    /// Nothing was changed: the first fragment of an SCTP packet needs another port, and its CRC covers bytes that this
    /// frame does not hold: reassemble first, as Linux does. Or there is no whole TCP header to look at, or less than eight bytes of the
    /// header that an ICMP error quotes.
    /// </summary>
    NotWhole,

    /// <summary>Nothing was changed: an ICMP redirect about a translated connection, which would tell its receiver of addresses it does not know.</summary>
    Untranslatable,

    /// <summary>Nothing was changed: the packet would have grown past the end of its buffer.</summary>
    NoRoom,
}
