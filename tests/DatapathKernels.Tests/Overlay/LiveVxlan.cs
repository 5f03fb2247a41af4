using DatapathKernels.Overlay;
using DatapathKernels.Packets;
using DatapathKernels.Tests.Infrastructure;

namespace DatapathKernels.Tests.Overlay;

/// <summary>A vxlan device of the kernel's in a namespace of its own, and the TAP device under it, whose other side is ours.</summary>
internal static class LiveVxlan
{
    public const uint Vni = 42;

    private static readonly byte[] OurMac = [2, 0, 0, 0, 0, 1], KernelsMac = [2, 0, 0, 0, 0, 2];

    /// <summary>By name: the words of <c>ip link</c> behind <c>type vxlan</c>, and what our end must be like.</summary>
    private static readonly Dictionary<string, (string Words, UdpTunnelOptions Ours)> Configs = new()
    {
        ["ipv4"] = ("", Ends(false)),
        ["ipv4 inherit"] = ("noudpcsum ttl inherit tos inherit df inherit", Ends(false) with { WritesChecksum = false, InheritsTtl = true, InheritsTos = true, DontFragment = DontFragmentMode.Inherit }),
        ["ipv4 gbp"] = ("gbp ttl 9 tos 0x20 df set srcport 100 200", Ends(false) with { Ttl = 9, Tos = 0x20, DontFragment = DontFragmentMode.Set, MinSourcePort = 100, MaxSourcePort = 200 }),
        ["ipv6"] = ("", Ends(true)),
        ["ipv6 zero"] = ("udp6zerocsumtx udp6zerocsumrx tos inherit flowlabel 0xabcde", Ends(true) with { WritesChecksum = false, AcceptsZeroChecksum = true, InheritsTos = true, FlowLabel = 0xabcde }),
    };

    /// <summary>The names, for a theory.</summary>
    public static IEnumerable<object[]> Names => Configs.Keys.Select(name => new object[] { name });

    public static UdpTunnelOptions Ours(string name) => Configs[name].Ours;

    /// <summary>The same tunnel from the kernel's side.</summary>
    public static UdpTunnelOptions Kernels(string name) => Ours(name) with { Local = Ours(name).Remote, Remote = Ours(name).Local, LocalMac = new MacAddress(KernelsMac), NextHopMac = new MacAddress(OurMac) };

    /// <summary>Runs a test with the TAP device and a name for the vxlan device: <c>vx0</c>.</summary>
    public static void Run(string name, Action<PacketDevice> test) => LinuxNetwork.Run(() =>
    {
        // No device is to say anything of its own accord.
        Write("default/disable_ipv6", "1");
        using PacketDevice tap = PacketDevice.OpenTap("tap0");
        LinuxNetwork.Ip("link set lo up\nlink set dev tap0 address 02:00:00:00:00:02 mtu 1600 addrgenmode none");
        bool v6 = Ours(name).IsV6;
        if (v6)
        {
            Write("tap0/disable_ipv6", "0");
            Write("tap0/router_solicitations", "0");
        }

        string net = v6 ? "2001:db8::" : "192.0.2.";
        LinuxNetwork.Ip($"""
            link set tap0 up
            addr add {net}2/{(v6 ? "64 nodad" : "24")} dev tap0
            neigh add {net}1 lladdr 02:00:00:00:00:01 dev tap0 nud permanent
            link add name vx0 address 02:00:00:00:00:03 mtu 1500 type vxlan id {Vni} local {net}2 remote {net}1 dstport 4789 nolearning {Configs[name].Words}
            link set vx0 up
            """);
        test(tap);
    });

    /// <summary>The next frame for our station; what the kernel says to groups of its own accord is passed over.</summary>
    public static byte[]? Next(PacketDevice tap, int timeoutMs)
    {
        while (tap.TryRead(timeoutMs) is { } frame)
        {
            if (frame.AsSpan().StartsWith(OurMac))
                return frame;
        }

        return null;
    }

    private static UdpTunnelOptions Ends(bool v6) => new()
    {
        IsV6 = v6,
        Local = KernelVxlanTests.Address(v6 ? "2001:db8::1" : "192.0.2.1"),
        Remote = KernelVxlanTests.Address(v6 ? "2001:db8::2" : "192.0.2.2"),
        LocalMac = new MacAddress(OurMac),
        NextHopMac = new MacAddress(KernelsMac),
    };

    private static void Write(string setting, string value) => File.WriteAllText("/proc/sys/net/ipv6/conf/" + setting, value);
}
