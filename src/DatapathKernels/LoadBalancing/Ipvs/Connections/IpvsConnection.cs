using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using DatapathKernels.Packets;

namespace DatapathKernels.LoadBalancing;

/// <summary>
/// One connection, or one persistence template: 128 bytes, two adjacent lines. Packets of IPv4 touch the first alone; the second has IPv6's
/// addresses and the neighbours on the timing wheel:
/// <code>
///  0        4         8       10      12      13     14      16     20      22            24        32        36       40      44     48        52         56     60
///  | client | virtual | cport | vport | proto | mode | flags | real | rport | state | | expires | timeout | service | server | seen | packets | template or controlled | next | deltas |
///  64           80            96         112          116          120          124        128
///  | v6 client | v6 virtual | v6 real | previous | wheel slot | wheel next | wheel previous |
/// </code>
/// Addresses and ports as on the wire; what a template does not care for is zero. The first 13 bytes are a <see cref="FlowKeyV4"/>'s.
/// </summary>
[StructLayout(LayoutKind.Sequential, Size = 128)]
internal struct IpvsConnection
{
    public const int None = -1;

    // Ports and protocol of a key's second word: without its zone, which is nothing to IPVS.
    private const ulong PortsAndProtocol = 0xff_ffff_ffff;

    /// <summary>Addresses of IPv4, network byte order; see <see cref="Client"/> for both families.</summary>
    public uint ClientV4, VirtualV4;

    public ushort ClientPortBe, VirtualPortBe;
    public IpProtocol Protocol;
    public ForwardingMode Forwarding;
    public IpvsConnectionFlags Flags;

    /// <summary>The real server's address when it is IPv4.</summary>
    public uint RealV4;

    public ushort RealPortBe;

    /// <summary>TCP's state; that of another protocol stands in its place: see <see cref="SctpState"/>.</summary>
    public IpvsTcpState State;

    /// <summary>When it ends unless a packet comes, ms; and what each packet gives it.</summary>
    public long ExpiresMs;
    public uint TimeoutMs;

    public int Service, Server;

    /// <summary>How many servers had been removed in all when this one was last known to be there.</summary>
    public int SeenRemovals;

    /// <summary>Packets from the client, for the drop-entry defence.</summary>
    public int InPackets;

    // A template has none, and a connection decides none: they share the place.
    private int _templateOrControlled;

    /// <summary>The next one in the chain of its index: in the kernel's of its bucket, in the other of its client.</summary>
    public int Next;

    /// <summary>What a request's new address adds to the checksum of IPv4's header, and what address and port add to TCP's and UDP's; IPv4 under NAT alone.</summary>
    public ChecksumDelta AddressDelta, TransportDelta;

    private IPv6Address _clientV6, _virtualV6, _realV6;

    /// <summary>The one before it in the chain of its client; the kernel's index does without.</summary>
    public int Previous;

    /// <summary>Its slot of the timing wheel, and its neighbours there; nothing unless it is <see cref="IpvsConnectionFlags.Hung"/>.</summary>
    public int WheelSlot, WheelNext, WheelPrevious;

    /// <summary>The template that decided, or <see cref="None"/>.</summary>
    public int Template
    {
        readonly get => Has(IpvsConnectionFlags.Template) ? None : _templateOrControlled;
        set => _templateOrControlled = value;
    }

    /// <summary>SCTP's state.</summary>
    public IpvsSctpState SctpState
    {
        readonly get => (IpvsSctpState)State;
        set => State = (IpvsTcpState)value;
    }

    /// <summary>How many connections this template decided; 0 for what is none.</summary>
    public int Controlled
    {
        readonly get => Has(IpvsConnectionFlags.Template) ? _templateOrControlled : 0;
        set => _templateOrControlled = value;
    }

    /// <summary>The client's address; IPv4 in the first four bytes, as in the two others.</summary>
    public readonly IPv6Address Client => Has(IpvsConnectionFlags.V6) ? _clientV6 : IPv6Address.OfV4(ClientV4);

    /// <summary>The service's address.</summary>
    public readonly IPv6Address Virtual => Has(IpvsConnectionFlags.V6) ? _virtualV6 : IPv6Address.OfV4(VirtualV4);

    /// <summary>The real server's address.</summary>
    public readonly IPv6Address Real => Has(IpvsConnectionFlags.ServerV6) ? _realV6 : IPv6Address.OfV4(RealV4);

    /// <summary>What its client's packets look like.</summary>
    public readonly IpvsTuple Request => new(Client, Virtual, ClientPortBe, VirtualPortBe, Protocol, Has(IpvsConnectionFlags.V6));

    /// <summary>What its server's packets look like here: from the real server under NAT, else from the virtual service.</summary>
    public readonly IpvsTuple Reply => Forwarding == ForwardingMode.Nat
        ? new(Real, Client, RealPortBe, ClientPortBe, Protocol, Has(IpvsConnectionFlags.V6))
        : new(Virtual, Client, VirtualPortBe, ClientPortBe, Protocol, Has(IpvsConnectionFlags.V6));

    /// <summary>True unless it is a template: a server's packets may pass here, under NAT to be translated, else to be noticed.</summary>
    public readonly bool HasReply => !Has(IpvsConnectionFlags.Template);

    public readonly bool Has(IpvsConnectionFlags flag) => (Flags & flag) != 0;

    /// <summary>Sets the family, the client's side and the service's.</summary>
    public void SetRequest(in IpvsTuple request)
    {
        (ClientPortBe, VirtualPortBe, Protocol) = (request.SourcePortBe, request.DestinationPortBe, request.Protocol);
        if (request.IsV6)
        {
            Flags |= IpvsConnectionFlags.V6;
            (_clientV6, _virtualV6) = (request.Source, request.Destination);
        }
        else
            (ClientV4, VirtualV4) = (IPv6Address.FirstWord(request.Source), IPv6Address.FirstWord(request.Destination));
    }

    /// <summary>As <see cref="SetRequest(in IpvsTuple)"/>, of a packet of IPv4.</summary>
    public void SetRequest(in FlowKeyV4 request)
    {
        (ClientV4, VirtualV4) = (request.SourceBe, request.DestinationBe);
        (ClientPortBe, VirtualPortBe, Protocol) = (request.SourcePortBe, request.DestinationPortBe, request.Protocol);
    }

    /// <summary>Sets the real server's side, after the request: a tunnel's may be of the other family.</summary>
    public void SetServer(in IPv6Address address, bool ipv6, ushort portBe, ForwardingMode forwarding)
    {
        (RealPortBe, Forwarding) = (portBe, forwarding);
        if (ipv6)
        {
            Flags |= IpvsConnectionFlags.ServerV6;
            _realV6 = address;
            return;
        }

        RealV4 = IPv6Address.FirstWord(address);
        AddressDelta = ChecksumDelta.Of(~VirtualV4, RealV4);
        TransportDelta = ChecksumDelta.Of(~VirtualV4 + (ulong)(ushort)~VirtualPortBe, RealV4 + (ulong)portBe);
    }

    /// <summary>True for a connection of IPv4 on the timing wheel whose client sent this packet, which is no server's reply.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly bool IsUsualRequest(in FlowKeyV4 key)
    {
        const IpvsConnectionFlags wanted = IpvsConnectionFlags.Live | IpvsConnectionFlags.Hung;
        const IpvsConnectionFlags asked = wanted | IpvsConnectionFlags.Template | IpvsConnectionFlags.V6 | IpvsConnectionFlags.ServerV6 | IpvsConnectionFlags.Contested;
        ulong differs = (FlowKeyHash.Word(in this, 0) ^ FlowKeyHash.Word(in key, 0)) | ((FlowKeyHash.Word(in this, 1) ^ FlowKeyHash.Word(in key, 1)) & PortsAndProtocol);
        return differs == 0 && (Flags & asked) == wanted;
    }

    /// <summary>
    /// True when a client's segment leaves the connection ESTABLISHED: one that has ACK of the flags that count. Its timeout is the state's already, and its template was told
    /// when it got there.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly bool StaysEstablished(byte tcpFlags)
    {
        const byte counting = (byte)(TcpFlags.Syn | TcpFlags.Fin | TcpFlags.Rst | TcpFlags.Ack);
        return State == IpvsTcpState.Established && (tcpFlags & counting) == (byte)TcpFlags.Ack;
    }

    /// <summary>True when both are one client's address, port and protocol, and both connections, or both templates of one kind.</summary>
    public readonly bool HasClientOf(in IpvsConnection other)
    {
        const IpvsConnectionFlags kind = IpvsConnectionFlags.V6 | IpvsConnectionFlags.Template | IpvsConnectionFlags.OfMark;
        return ((Flags ^ other.Flags) & kind) == 0 && ClientPortBe == other.ClientPortBe && Protocol == other.Protocol && Client == other.Client;
    }

    /// <summary>True for a connection (no template) whose client sent this packet.</summary>
    public readonly bool IsRequest(in IpvsTuple packet) =>
        (Flags & (IpvsConnectionFlags.Live | IpvsConnectionFlags.Template)) == IpvsConnectionFlags.Live && Request == packet;

    /// <summary>True for a connection whose server sent this packet.</summary>
    public readonly bool IsReply(in IpvsTuple packet) => Has(IpvsConnectionFlags.Live) && HasReply && Reply == packet;
}
