using System.Runtime.InteropServices;
using DatapathKernels.Packets;

namespace DatapathKernels.LoadBalancing;

/// <summary>
/// One connection, or one persistence template: 128 bytes, two lines, of which a client's packet touches the first and a reply both:
/// <code>
///  0      16      24        28        32      36       40      44         48      52     54     56    57    58    59     60     64
///  | real | ends  | timeout | service | server | gone  | seen  | template | wheel | rport | vport | proto | flags | state | mode | next |
///  64       80        96     98   100          104        108            112  128
///  | client | virtual | cport |    | controlled | wheel next | previous | free |
/// </code>
/// Addresses and ports as on the wire; what a template does not care for is zero.
/// </summary>
[StructLayout(LayoutKind.Sequential, Size = 128)]
internal struct IpvsConnection
{
    public const int None = -1;

    public IPv6Address Real;

    /// <summary>When it ends unless a packet comes, ms; and what each packet gives it.</summary>
    public long ExpiresMs;
    public int TimeoutMs;

    public int Service, Server;

    /// <summary>How many servers had been removed in all when this one was last known to be there.</summary>
    public int SeenRemovals;

    /// <summary>Packets from the client, for the drop-entry defence.</summary>
    public int InPackets;

    /// <summary>The template that decided, or <see cref="None"/>.</summary>
    public int Template;

    /// <summary>Its slot of the timing wheel, <see cref="None"/> off it.</summary>
    public int WheelSlot;

    public ushort RealPortBe, VirtualPortBe;
    public IpProtocol Protocol;
    public IpvsConnectionFlags Flags;
    public IpvsTcpState State;
    public ForwardingMode Forwarding;

    /// <summary>The next one in the bucket of the kernel's index; the next older one of the same reply tuple in the other's.</summary>
    public int Next;

    public IPv6Address Client, Virtual;
    public ushort ClientPortBe;

    /// <summary>How many connections this template decided.</summary>
    public int Controlled;

    /// <summary>Its neighbours on the timing wheel.</summary>
    public int WheelNext, WheelPrevious;

    public readonly bool Has(IpvsConnectionFlags flag) => (Flags & flag) != 0;

    /// <summary>What its client's packets look like.</summary>
    public readonly IpvsTuple Request => new(Client, Virtual, ClientPortBe, VirtualPortBe, Protocol, Has(IpvsConnectionFlags.V6));

    /// <summary>What its server's packets look like here: from the real server under NAT, else from the virtual service.</summary>
    public readonly IpvsTuple Reply => Forwarding == ForwardingMode.Nat
        ? new(Real, Client, RealPortBe, ClientPortBe, Protocol, Has(IpvsConnectionFlags.V6))
        : new(Virtual, Client, VirtualPortBe, ClientPortBe, Protocol, Has(IpvsConnectionFlags.V6));
}
