namespace DatapathKernels.Packets;

/// <summary>What a captured frame starts with: the LINKTYPE_ numbers of pcap (https://www.tcpdump.org/linktypes.html).</summary>
public enum LinkType : ushort
{
    /// <summary>BSD loopback: a 4-byte address family in the capturing host's byte order, then IP.</summary>
    Null = 0,

    /// <summary>Ethernet II or IEEE 802.3.</summary>
    Ethernet = 1,

    /// <summary>Raw IP, as some systems number it in their capture files (DLT_RAW of BSD/OS and OpenBSD).</summary>
    RawBsd = 12,

    /// <summary>Raw IP as some other systems number it.</summary>
    RawOpenBsd = 14,

    /// <summary>Raw IP: the version nibble tells IPv4 from IPv6.</summary>
    Raw = 101,

    /// <summary>OpenBSD loopback: a 4-byte address family in network byte order, then IP.</summary>
    Loop = 108,

    /// <summary>Linux cooked capture v1 (16-byte header).</summary>
    LinuxSll = 113,

    /// <summary>Raw IPv4.</summary>
    Ipv4 = 228,

    /// <summary>Raw IPv6.</summary>
    Ipv6 = 229,

    /// <summary>Linux cooked capture v2 (20-byte header).</summary>
    LinuxSll2 = 276,
}
