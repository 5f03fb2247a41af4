using DatapathKernels.Filtering;
using DatapathKernels.Formats.Iptables;

namespace DatapathKernels.Formats.Ipset;

/// <summary>The type names of ipset.</summary>
internal static class IpSetNames
{
    public static readonly (string Name, IpSetKind Value)[] Kinds =
    [
        ("hash:ip", IpSetKind.HashIp), ("hash:net", IpSetKind.HashNet), ("hash:ip,port", IpSetKind.HashIpPort),
        ("hash:ip,port,ip", IpSetKind.HashIpPortIp), ("hash:ip,port,net", IpSetKind.HashIpPortNet),
        ("hash:net,port", IpSetKind.HashNetPort), ("bitmap:ip", IpSetKind.BitmapIp), ("bitmap:port", IpSetKind.BitmapPort),
        ("list:set", IpSetKind.ListSet),
    ];

    public static string Of(IpSetKind kind) => Names.Of(Kinds, kind);
}
