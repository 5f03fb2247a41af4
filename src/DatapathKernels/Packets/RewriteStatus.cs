namespace DatapathKernels.Packets;

/// <summary>What <see cref="AddressRewriter"/> did.</summary>
public enum RewriteStatus : byte
{
    /// <summary>Address and port (or ICMP identifier) are rewritten and every checksum is mended.</summary>
    Ok = 0,

    /// <summary>The address is rewritten and mended; this packet has no port to rewrite: a later fragment, a protocol without ports.</summary>
    AddressOnly,

    /// <summary>
    /// Nothing was changed: the first fragment of an SCTP packet needs another port, and its CRC covers bytes that this
    /// frame does not hold. Reassemble first, as Linux does.
    /// </summary>
    NotWhole,
}
