using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using DatapathKernels.Packets;

namespace DatapathKernels.LoadBalancing;

/// <summary>What an <see cref="IpvsDirector"/> says of a packet.</summary>
[StructLayout(LayoutKind.Auto)]
public struct IpvsVerdict
{
    /// <summary>What became of it.</summary>
    public IpvsStatus Status;

    /// <summary>How it goes on; see <see cref="IpvsForwarding"/> for what is still to be written.</summary>
    public ForwardingMode Forwarding;

    /// <summary>True when it opened the connection.</summary>
    public bool IsNew;

    /// <summary>The real server's port, network byte order.</summary>
    public ushort ServerPortBe;

    /// <summary>The server's id in its service; -1 without one.</summary>
    public int Server;

    /// <summary>The real server's address, where the packet goes next (the client's for a reply); IPv4 in the first four bytes.</summary>
    public IPv6Address NextHop;

    // Where the service is, instead of itself: storing a reference asks the collector's leave, which takes as long as mending both checksums.
    private IpvsServiceTable? _services;
    private int _service;

    /// <summary>The service; null without one, and once it was removed.</summary>
    public readonly IpvsService? Service => _services?.Current(_service);

    /// <summary>Names the service.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void SetService(IpvsServiceTable services, int index)
    {
        _service = index;
        if (!ReferenceEquals(_services, services))
            _services = services;
    }
}
