using DatapathKernels.Packets;

namespace DatapathKernels.Filtering;

/// <content>The tests behind the head.</content>
public abstract partial class ChainMatcher
{
    private unsafe ExtraResult TestExtras<TRandom>(RuleTail* tail, ReadOnlySpan<byte> frame, in PacketInfo info, in PacketView view, in PacketMeta meta, ref TRandom random)
        where TRandom : struct, IRandomSource
    {
        // SAFE: the compiler wrote first and count as a range of its own list
        ExtraMatch* extra = _program.Extras + tail->FirstExtra;
        ExtraMatch* end = extra + tail->ExtraCount;
        for (; extra < end; extra++)
        {
            bool fits;
            switch (extra->Kind)
            {
                case ExtraKind.Random:
                    fits = (random.Next() & 0x7fffffff) < extra->B;
                    break;
                case ExtraKind.Nth:
                    fits = CountNth(*extra);
                    break;
                case ExtraKind.Recent:
                    if (!TestRecent(*extra, view, meta, out fits))
                        return ExtraResult.HotDrop;
                    break;
                case ExtraKind.Unknown:
                    return ExtraResult.Unknown;
                case ExtraKind.ConnectionMark:
                    // Without a connection neither the test nor its negation matches.
                    if (!HasConnection(meta))
                        return ExtraResult.Differs;
                    fits = (meta.ConnectionMark & extra->C) == extra->B;
                    break;
                case ExtraKind.Status:
                    if (!HasConnection(meta))
                        return ExtraResult.Differs;
                    fits = ((int)meta.Status & extra->A) != 0;
                    break;
                default:
                    if (NeedsTransport(extra->Kind) && (view.Transport & PacketView.HasTransport) == 0)
                        return ExtraResult.Differs;
                    fits = TestPacket(*extra, view, meta);
                    break;
            }

            if (fits == extra->Negated)
                return ExtraResult.Differs;
        }

        return ExtraResult.Matches;
    }

    // Negated port tests too look at packets with a port only.
    private static bool NeedsTransport(ExtraKind kind) => kind is >= ExtraKind.Transport and <= ExtraKind.Multiport and not ExtraKind.Protocol;

    private static bool HasConnection(in PacketMeta meta) =>
        (meta.State & (ConnectionStates.New | ConnectionStates.Established | ConnectionStates.Related)) != 0;

    private bool TestPacket(in ExtraMatch extra, in PacketView view, in PacketMeta meta) => extra.Kind switch
    {
        ExtraKind.Address => _program.Networks[extra.B].Contains(view.AddressOf(_program.Family, (PacketSide)extra.A)),
        ExtraKind.Protocol => view.Protocol == extra.A,
        ExtraKind.Transport => true,
        ExtraKind.SourcePort => view.SourcePort >= extra.B && view.SourcePort <= extra.C,
        ExtraKind.DestinationPort => view.DestinationPort >= extra.B && view.DestinationPort <= extra.C,
        ExtraKind.TcpFlags => ((byte)(view.Transport >> PacketView.FlagsShift) & extra.B) == extra.C,
        ExtraKind.Icmp => TestIcmp(extra, view.DestinationPort),
        ExtraKind.Multiport => TestMultiport(extra, view),
        ExtraKind.InInterface => InSet(extra.B, meta.InInterface),
        ExtraKind.OutInterface => InSet(extra.B, meta.OutInterface),
        ExtraKind.Mark => (meta.Mark & extra.C) == extra.B,
        ExtraKind.State => ((int)StatesOf(meta) & extra.A) != 0,
        ExtraKind.AddressType => TestAddressType(extra, view),
        _ => false,
    };

    private static bool TestIcmp(in ExtraMatch extra, ushort typeAndCode) =>
        extra.A == 256 || (typeAndCode >> 8 == extra.A && (byte)typeAndCode >= extra.B && (byte)typeAndCode <= extra.C);

    private bool TestMultiport(in ExtraMatch extra, in PacketView view)
    {
        foreach (PortRange range in _program.PortRanges.AsSpan((int)extra.B, (int)extra.C))
        {
            if ((extra.A != (int)PacketSide.Destination && range.Contains(view.SourcePort))
                || (extra.A != (int)PacketSide.Source && range.Contains(view.DestinationPort)))
            {
                return true;
            }
        }

        return false;
    }

    private bool InSet(uint start, ushort id)
    {
        int known = id <= InterfaceCount ? id : 0;
        return (_program.InterfaceSets[start + (known / 64)] >> (known % 64) & 1) != 0;
    }

    /// <summary>The packet's state with the pseudo states of its connection; a packet without one is invalid unless untracked.</summary>
    private static ConnectionStates StatesOf(in PacketMeta meta)
    {
        if (!HasConnection(meta))
            return (meta.State & ConnectionStates.Untracked) != 0 ? ConnectionStates.Untracked : ConnectionStates.Invalid;
        ConnectionStates states = meta.State;
        if ((meta.Status & ConnectionStatuses.DestinationNat) != 0)
            states |= ConnectionStates.Dnat;
        if ((meta.Status & ConnectionStatuses.SourceNat) != 0)
            states |= ConnectionStates.Snat;
        return states;
    }

    private bool TestAddressType(in ExtraMatch extra, in PacketView view)
    {
        UInt128 address = view.AddressOf(_program.Family, (PacketSide)extra.A);
        AddressTypes asked = (AddressTypes)extra.B;
        if (_program.Family == IpFamily.V4)
            return (_addresses.KindOfV4((uint)address) & asked) != 0;

        // xt_addrtype for IPv6: each kind of scope asked for must hold, and one of the routed kinds.
        const AddressTypes Scopes = AddressTypes.Multicast | AddressTypes.Unicast | AddressTypes.Unspecified;
        const AddressTypes Routed = AddressTypes.Local | AddressTypes.Anycast | AddressTypes.Unreachable;
        AddressTypes found = _addresses.KindOfV6(address);
        return (asked & Scopes & ~found) == 0 && ((asked & Routed) == 0 || (asked & Routed & found) != 0);
    }

    /// <summary>xt_statistic's counter: up to C, then back to zero; matches at zero.</summary>
    private bool CountNth(in ExtraMatch extra)
    {
        ref uint count = ref _state.NthCounts[extra.B];
        count = count == extra.C ? 0 : count + 1;
        return count == 0;
    }

    private bool TestRecent(in ExtraMatch extra, in PacketView view, in PacketMeta meta, out bool fits)
    {
        ref readonly RecentTest test = ref _program.RecentTests[extra.B];
        UInt128 address = view.AddressOf(_program.Family, test.Side) & test.Mask;
        return _state.Recent.TryTest(test, address, meta.NowMs, extra.Negated, out fits);
    }
}
