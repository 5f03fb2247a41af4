using DatapathKernels.Packets;

namespace DatapathKernels.Filtering;

/// <content>
/// Which test goes where. A plain compare goes to the head, everything else behind it, in the rule's order. Once a test with
/// a memory was met (nth, recent, limit; random uses up a draw), later extension tests may not go to the head: the kernel asks the
/// one before them first, and its memory must change in the same cases.
/// </content>
internal sealed partial class RuleCompiler
{
    private void CompileMatches(Rule rule, ref HeadTests head)
    {
        bool ordered = false;
        int first = _extras.Count;
        ref byte cutAfter = ref _cutAfter[_tails.Count];
        foreach (RuleMatch match in rule.MatchSpan)
        {
            if (match is TcpMatch or PortMatch or IcmpMatch)
                cutAfter = (byte)Math.Min(cutAfter, Math.Min(_extras.Count - first, RuleProgram.NeverCut - 1));
            Compile(match, ref head, ordered);
            ordered |= match is StatisticMatch or RecentMatch or LimitMatch;
        }
    }

    private void Compile(RuleMatch match, ref HeadTests head, bool ordered)
    {
        switch (match)
        {
            case AddressMatch address:
                CompileAddress(address, ref head);
                break;
            case ProtocolMatch { Negated: false } protocol:
                CompileProtocol(protocol.Protocol, ref head);
                break;
            case ProtocolMatch protocol:
                Extra(ExtraKind.Protocol, true, (int)protocol.Protocol);
                break;
            case FragmentMatch fragment:
                AddCompare(ref head, PacketView.LaterFragment, fragment.Negated ? 0 : PacketView.LaterFragment);
                break;
            case InterfaceMatch face:
                Extra(face.Incoming ? ExtraKind.InInterface : ExtraKind.OutInterface, face.Negated, b: InterfaceSet(face));
                break;
            case TcpMatch tcp:
                CompileProtocol(IpProtocol.Tcp, ref head);
                CompilePorts(tcp.Source, tcp.Destination, ref head, ordered);
                if (tcp.Option != 0)
                    Extra(ExtraKind.TcpOption, tcp.OptionNegated, tcp.Option);
                CompileFlags(tcp, ref head, ordered);
                break;
            case PortMatch ports:
                CompileProtocol(ports.Protocol, ref head);
                CompilePorts(ports.Source, ports.Destination, ref head, ordered);
                break;
            case IcmpMatch icmp:
                CompileIcmp(icmp, ref head, ordered);
                break;
            case MultiportMatch multiport:
                CompileTransport(ref head, ordered);
                Extra(ExtraKind.Multiport, multiport.Negated, (int)multiport.Side, (uint)_ports.Count, (uint)multiport.Ports.Count);
                _ports.AddRange(multiport.Ports);
                break;
            case EcnMatch ecn:
                CompileEcn(ecn, ref head);
                break;
            default:
                if (!TryCompileHeader(match) && !TryCompileMeta(match) && !TryCompileMemory(match))
                    CompileUnknown();
                break;
        }
    }

    private void CompileAddress(AddressMatch match, ref HeadTests head)
    {
        bool source = match.Side == PacketSide.Source;
        ref UInt128 mask = ref source ? ref head.SourceMask : ref head.DestinationMask;
        if (match.Negated || mask != UInt128.Zero)
        {
            Extra(ExtraKind.Address, match.Negated, (int)match.Side, Append(_networks, match.Network));
            return;
        }

        mask = match.Network.Mask;
        (source ? ref head.Source : ref head.Destination) = match.Network.Address;
    }

    private void CompileProtocol(IpProtocol protocol, ref HeadTests head) =>
        AddCompare(ref head, 0xffUL << PacketView.ProtocolShift, (ulong)protocol << PacketView.ProtocolShift);

    private void CompileTransport(ref HeadTests head, bool ordered)
    {
        if (ordered)
            Extra(ExtraKind.Transport, false);
        else
            AddCompare(ref head, PacketView.HasTransport, PacketView.HasTransport);
    }

    private void CompilePorts(PortTest source, PortTest destination, ref HeadTests head, bool ordered)
    {
        CompileTransport(ref head, ordered);
        CompilePort(source, ExtraKind.SourcePort, 0, ref head, ordered);
        CompilePort(destination, ExtraKind.DestinationPort, 16, ref head, ordered);
    }

    private void CompilePort(PortTest test, ExtraKind kind, int shift, ref HeadTests head, bool ordered)
    {
        if (test.IsAny)
            return;
        if (ordered || test.Negated || test.Range.Low != test.Range.High)
            Extra(kind, test.Negated, b: test.Range.Low, c: test.Range.High);
        else
            AddCompare(ref head, 0xffffUL << shift, (ulong)test.Range.Low << shift);
    }

    private void CompileFlags(TcpMatch tcp, ref HeadTests head, bool ordered)
    {
        if (tcp.FlagMask == 0 && tcp.FlagValue == 0 && !tcp.FlagsNegated)
            return;
        if (ordered || tcp.FlagsNegated || (tcp.FlagValue & ~tcp.FlagMask) != 0)
            Extra(ExtraKind.TcpFlags, tcp.FlagsNegated, b: tcp.FlagMask, c: tcp.FlagValue);
        else
            AddCompare(ref head, (ulong)tcp.FlagMask << PacketView.FlagsShift, (ulong)tcp.FlagValue << PacketView.FlagsShift);
    }

    private void CompileIcmp(IcmpMatch icmp, ref HeadTests head, bool ordered)
    {
        CompileTransport(ref head, ordered);
        bool everyCode = icmp.LowCode == 0 && icmp.HighCode == 255;
        if (icmp.Type is null && !icmp.Negated)
            return;
        if (ordered || icmp.Negated || icmp.Type is null || !(everyCode || icmp.LowCode == icmp.HighCode))
        {
            Extra(ExtraKind.Icmp, icmp.Negated, icmp.Type ?? 256, icmp.LowCode, icmp.HighCode);
            return;
        }

        // Type and code stand where other protocols have the destination port.
        AddCompare(ref head, (everyCode ? 0xff00UL : 0xffffUL) << 16, (((ulong)icmp.Type << 8) | (everyCode ? 0u : icmp.LowCode)) << 16);
    }

    /// <summary>The set of interface numbers that fit the pattern, bit 0 being a packet without an interface.</summary>
    private uint InterfaceSet(InterfaceMatch match)
    {
        if (_interfaceSetOf.TryGetValue(match.Pattern, out int start))
            return (uint)start;
        start = _interfaceSets.Count;
        int bits = _options.Interfaces.Count + 1;
        for (int word = 0; word * 64 < bits; word++)
            _interfaceSets.Add(0);
        for (int id = 0; id < bits; id++)
        {
            if (match.Fits(id == 0 ? "" : _options.Interfaces[id - 1]))
                _interfaceSets[start + (id / 64)] |= 1UL << (id % 64);
        }

        _interfaceSetOf.Add(match.Pattern, start);
        return (uint)start;
    }

    private void AddCompare(ref HeadTests head, ulong mask, ulong value)
    {
        if (!head.TryAdd(mask, value))
            Extra(ExtraKind.Never, false);
    }

    private void Extra(ExtraKind kind, bool negated, int a = 0, uint b = 0, uint c = 0) =>
        _extras.Add(new ExtraMatch(kind, negated, a, b, c));
}
