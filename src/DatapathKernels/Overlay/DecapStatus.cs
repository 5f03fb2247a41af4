namespace DatapathKernels.Overlay;

/// <summary>Why a tunnel's packet was, or was not, unpacked.</summary>
public enum DecapStatus : byte
{
    /// <summary>Unpacked.</summary>
    Ok,

    /// <summary>Not a packet of this tunnel: another protocol, port or address.</summary>
    NotOurs,

    /// <summary>The outer IP packet is malformed, or its header checksum is wrong.</summary>
    BadOuterPacket,

    /// <summary>A fragment of the outer packet: it is to be reassembled first.</summary>
    Fragment,

    /// <summary>The UDP length is too small or reaches beyond the packet.</summary>
    BadUdpLength,

    /// <summary>The UDP checksum is wrong, or zero where it may not be.</summary>
    BadUdpChecksum,

    /// <summary>Shorter than the tunnel's header.</summary>
    TruncatedHeader,

    /// <summary>VXLAN without its flag I: there is no network identifier.</summary>
    NoVni,

    /// <summary>A reserved bit is set that Linux does not know.</summary>
    ReservedBits,

    /// <summary>Another version than 0.</summary>
    BadVersion,

    /// <summary>Geneve's options reach beyond their end.</summary>
    BadOptions,

    /// <summary>A critical option nobody here knows.</summary>
    CriticalOption,

    /// <summary>No network of that identifier is here.</summary>
    UnknownVni,

    /// <summary>Shorter than the inner frame's header.</summary>
    TruncatedInner,

    /// <summary>Congestion was met and the inner packet cannot carry the news (RFC 6040).</summary>
    EcnDrop,

    /// <summary>The tunnel header's own checksum is wrong, missing where one is asked for, or there where none is (GRE).</summary>
    BadTunnelChecksum,

    /// <summary>Another key than the tunnel's (GRE).</summary>
    UnknownKey,

    /// <summary>Without a sequence number where one is asked for, or an older one than seen already (GRE).</summary>
    OutOfSequence,

    /// <summary>The tunnel carries a protocol that is not unpacked here.</summary>
    UnknownProtocol,

    /// <summary>The inner packet is of another IP version than the header before it says.</summary>
    BadInner,

    /// <summary>The inner TTL or hop limit ended here.</summary>
    HopLimitExceeded,

    /// <summary>The arena cannot say where the inner frame begins: that is more than 65,535 bytes into its slot.</summary>
    NoRoom,
}
