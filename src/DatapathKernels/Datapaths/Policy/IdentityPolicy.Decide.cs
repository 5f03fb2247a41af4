using System.Numerics;
using System.Runtime.CompilerServices;
using DatapathKernels.Diagnostics;
using DatapathKernels.Hashing;
using DatapathKernels.Maps;
using DatapathKernels.Packets;

namespace DatapathKernels.Datapaths.Policy;

/// <content>The packet path.</content>
public sealed partial class IdentityPolicy
{
    /// <summary>The most keys a burst takes.</summary>
    public const int MaxBurst = 64;

    private const uint Isolated = 1u << 31;

    /// <summary>The identity of an IPv4 address in network byte order; <see cref="ReservedIdentities.World"/> when nothing is known of it.</summary>
    public uint IdentityOf(uint addressBe) => (uint)PlaceOf(addressBe);

    /// <summary>The identity of an IPv6 address; <see cref="ReservedIdentities.World"/> when nothing is known of it.</summary>
    public uint IdentityOf(in IPv6Address address) => (uint)PlaceOf(address);

    /// <summary>Decides about the first packet of a connection.</summary>
    /// <param name="key">Its flow key; ports are zero in later fragments, which only entries for all ports match.</param>
    /// <returns>Allowed, or why not.</returns>
    /// <exception cref="ObjectDisposedException">It was disposed.</exception>
    public PolicyDecision Decide(in FlowKeyV4 key) => key.SourceBe == key.DestinationBe
        ? PolicyDecision.Allowed
        : Decide(PlaceOf(key.SourceBe), PlaceOf(key.DestinationBe), key.Protocol, key.DestinationPort);

    /// <inheritdoc cref="Decide(in FlowKeyV4)"/>
    public PolicyDecision Decide(in FlowKeyV6 key) => key.Source == key.Destination
        ? PolicyDecision.Allowed
        : Decide(PlaceOf(key.Source), PlaceOf(key.Destination), key.Protocol, key.DestinationPort);

    /// <summary>Decides about up to 64 packets: the same as one by one. The lookups of their addresses overlap.</summary>
    /// <param name="keys">At most <see cref="MaxBurst"/> flow keys.</param>
    /// <param name="decisions">Receives one decision a key.</param>
    /// <returns>Bit i is set when packet i is allowed.</returns>
    /// <exception cref="ArgumentException">More than 64 keys, or fewer decisions than keys.</exception>
    /// <exception cref="ObjectDisposedException">It was disposed.</exception>
    [SkipLocalsInit]
    public ulong DecideBurst(ReadOnlySpan<FlowKeyV4> keys, Span<PolicyDecision> decisions)
    {
        CheckBurst(keys.Length, decisions.Length);
        Span<uint> addresses = stackalloc uint[MaxBurst * 2], places = stackalloc uint[MaxBurst * 2];
        int count = keys.Length;
        for (int i = 0; i < count; i++)
        {
            addresses[i] = keys[i].SourceBe;
            addresses[count + i] = keys[i].DestinationBe;
        }

        places[..(count * 2)].Fill(RouteTable.NoRoute);
        _v4?.LookupBurst(addresses[..(count * 2)], places);
        ulong allowed = 0;
        for (int i = 0; i < count; i++)
        {
            decisions[i] = addresses[i] == addresses[count + i]
                ? PolicyDecision.Allowed
                : Decide(PlaceAt(places[i]), PlaceAt(places[count + i]), keys[i].Protocol, keys[i].DestinationPort);
            allowed |= (decisions[i] == PolicyDecision.Allowed ? 1UL : 0) << i;
        }

        return allowed;
    }

    /// <inheritdoc cref="DecideBurst(ReadOnlySpan{FlowKeyV4}, Span{PolicyDecision})"/>
    [SkipLocalsInit]
    public ulong DecideBurst(ReadOnlySpan<FlowKeyV6> keys, Span<PolicyDecision> decisions)
    {
        CheckBurst(keys.Length, decisions.Length);
        Span<IPv6Address> addresses = stackalloc IPv6Address[MaxBurst * 2];
        Span<uint> places = stackalloc uint[MaxBurst * 2];
        int count = keys.Length;
        for (int i = 0; i < count; i++)
        {
            addresses[i] = keys[i].Source;
            addresses[count + i] = keys[i].Destination;
        }

        places[..(count * 2)].Fill(RouteTable.NoRoute);
        _v6?.LookupBurst(addresses[..(count * 2)], places);
        ulong allowed = 0;
        for (int i = 0; i < count; i++)
        {
            decisions[i] = addresses[i] == addresses[count + i]
                ? PolicyDecision.Allowed
                : Decide(PlaceAt(places[i]), PlaceAt(places[count + i]), keys[i].Protocol, keys[i].DestinationPort);
            allowed |= (decisions[i] == PolicyDecision.Allowed ? 1UL : 0) << i;
        }

        return allowed;
    }

    /// <summary>The sender's policy first, then the receiver's; each only when the pod is one of this node.</summary>
    private PolicyDecision Decide(ulong source, ulong destination, IpProtocol protocol, ushort port)
    {
        PolicyAction egress = Ask((uint)(source >> 32), PolicyDirection.Egress, (uint)destination, protocol, port);
        if (egress != PolicyAction.Allow)
            return egress == PolicyAction.Deny ? PolicyDecision.EgressDenied : PolicyDecision.EgressNotAllowed;
        PolicyAction ingress = Ask((uint)(destination >> 32), PolicyDirection.Ingress, (uint)source, protocol, port);
        if (ingress != PolicyAction.Allow)
            return ingress == PolicyAction.Deny ? PolicyDecision.IngressDenied : PolicyDecision.IngressNotAllowed;
        return PolicyDecision.Allowed;
    }

    /// <summary>
    /// Two longest-prefix matches over protocol and port, one for the identity and one for everyone. A deny wins, the identity's
    /// first; of two entries that allow, the longer one decides, which changes nothing here (Cilium, <c>bpf/lib/policy.h</c>:
    /// there entries differ in what else they say).
    /// </summary>
    private PolicyAction Ask(uint endpoint, PolicyDirection direction, uint identity, IpProtocol protocol, ushort port)
    {
        uint state = Volatile.Read(ref StateOf(endpoint, direction));
        if ((state & Isolated) == 0)
            return PolicyAction.Allow;
        PolicyAction known = Longest(endpoint, direction, identity, protocol, port, state & ~Isolated);
        if (known == PolicyAction.Deny)
            return known;
        PolicyAction anyone = Longest(endpoint, direction, ReservedIdentities.Any, protocol, port, state & ~Isolated);
        return anyone == PolicyAction.None ? known : anyone;
    }

    /// <summary>The entry with most bits: port prefixes from the longest on, then the protocol with every port, then every protocol.</summary>
    private PolicyAction Longest(uint endpoint, PolicyDirection direction, uint identity, IpProtocol protocol, ushort port, uint lengths)
    {
        PolicyAction action;
        while (lengths != 0)
        {
            int bits = BitOperations.Log2(lengths);
            lengths ^= 1u << bits;
            if (_entries.Lookup(new(new(endpoint, direction, identity, protocol, port, (byte)bits)), out action) == MapError.Ok)
                return action;
        }

        return _entries.Lookup(new(new(endpoint, direction, identity)), out action) == MapError.Ok ? action : PolicyAction.None;
    }

    private ulong PlaceOf(uint addressBe) => PlaceAt(_v4 is not null && _v4.TryLookup(addressBe, out uint place) ? place : 0);

    private ulong PlaceOf(in IPv6Address address) => PlaceAt(_v6 is not null && _v6.TryLookup(address, out uint place) ? place : 0);

    private ulong PlaceAt(uint place) => Volatile.Read(ref _places[place == RouteTable.NoRoute ? 0 : place]);

    private static void CheckBurst(int keys, int decisions)
    {
        if (keys > MaxBurst)
            Throw.Argument(nameof(keys), "expected at most 64 keys");
        if (decisions < keys)
            Throw.Argument(nameof(decisions), "expected room for one decision a key");
    }
}
