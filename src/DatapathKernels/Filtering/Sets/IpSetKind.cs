namespace DatapathKernels.Filtering;

/// <summary>What the entries of an <see cref="IpSet"/> are made of, by ipset's type names.</summary>
public enum IpSetKind : byte
{
    /// <summary><c>hash:ip</c>: addresses.</summary>
    HashIp,

    /// <summary><c>hash:net</c>: networks; the longest prefix that holds an address decides.</summary>
    HashNet,

    /// <summary><c>hash:ip,port</c>: address, protocol and port.</summary>
    HashIpPort,

    /// <summary><c>hash:ip,port,ip</c>: the same and a second address.</summary>
    HashIpPortIp,

    /// <summary><c>hash:ip,port,net</c>: the same and a network.</summary>
    HashIpPortNet,

    /// <summary><c>hash:net,port</c>: network, protocol and port.</summary>
    HashNetPort,

    /// <summary><c>bitmap:ip</c>: IPv4 addresses of a range.</summary>
    BitmapIp,

    /// <summary><c>bitmap:port</c>: TCP and UDP ports of a range.</summary>
    BitmapPort,

    /// <summary><c>list:set</c>: other sets, asked in order.</summary>
    ListSet,
}
