using System.Runtime.InteropServices;
using DatapathKernels.Packets;

namespace DatapathKernels.LoadBalancing;

/// <summary>
/// One connection, or one persistence template: 128 bytes, two lines. Addresses and ports as on the wire; what a template
/// does not care for is zero.
/// </summary>
[StructLayout(LayoutKind.Sequential, Size = 128)]
internal struct IpvsConnection
{
    public const int None = -1;

    public IPv6Address Client, Virtual, Real;
    public ushort ClientPortBe, VirtualPortBe, RealPortBe;
    public IpProtocol Protocol;
    public IpvsConnectionFlags Flags;

    /// <summary>When it ends unless a packet comes, ms; and what each packet gives it.</summary>
    public long ExpiresMs;
    public int TimeoutMs;

    public int Service, Server;

    /// <summary>How many servers had been removed in all when this one was last known to be there.</summary>
    public int SeenRemovals;

    /// <summary>Packets from the client, for the drop-entry defence.</summary>
    public int InPackets;

    /// <summary>The template that decided, or <see cref="None"/>; and how many connections this template decided.</summary>
    public int Template, Controlled;

    /// <summary>The next one in the bucket of the kernel's index; the next older one of the same reply tuple in the other's.</summary>
    public int Next;

    /// <summary>Its slot of the timing wheel, <see cref="None"/> off it, and its neighbours there.</summary>
    public int WheelSlot, WheelNext, WheelPrevious;

    public IpvsTcpState State;
    public ForwardingMode Forwarding;

    public readonly bool Has(IpvsConnectionFlags flag) => (Flags & flag) != 0;

    /// <summary>What its client's packets look like.</summary>
    public readonly IpvsTuple Request => new(Client, Virtual, ClientPortBe, VirtualPortBe, Protocol, Has(IpvsConnectionFlags.V6));

    /// <summary>What its server's packets look like here: from the real server under NAT, else from the virtual service.</summary>
    public readonly IpvsTuple Reply => Forwarding == ForwardingMode.Nat
        ? new(Real, Client, RealPortBe, ClientPortBe, Protocol, Has(IpvsConnectionFlags.V6))
        : new(Virtual, Client, VirtualPortBe, ClientPortBe, Protocol, Has(IpvsConnectionFlags.V6));
}
