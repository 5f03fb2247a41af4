using System.Runtime.CompilerServices;
using DatapathKernels.Packets;

namespace DatapathKernels.Filtering;

/// <content>The tests behind the head, one after another; the kinds are in the parts of their theme.</content>
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
            ExtraResult result = Test(*extra, frame, info, view, meta, ref random);
            if (result != ExtraResult.Matches)
            {
                _differing = (int)(extra - _program.Extras);
                return result;
            }
        }

        return ExtraResult.Matches;
    }

    // Inlined: a rule that differs in its first such test, as most do, costs one call and not two.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ExtraResult Test<TRandom>(in ExtraMatch extra, ReadOnlySpan<byte> frame, in PacketInfo info, in PacketView view, in PacketMeta meta, ref TRandom random)
        where TRandom : struct, IRandomSource
    {
        bool fits;
        switch (extra.Kind)
        {
            case ExtraKind.Random:
                fits = (random.Next() & 0x7fffffff) < extra.B;
                break;
            case ExtraKind.Nth:
                fits = CountNth(extra);
                break;
            case ExtraKind.Limit:
                fits = _program.Limits[extra.B].TryTake(ref _state.Buckets[extra.B], meta.NowMs);
                break;
            case ExtraKind.Recent:
                if (!TestRecent(extra, frame, info, view, meta, out fits))
                    return ExtraResult.HotDrop;
                break;
            case ExtraKind.Unknown:
                return ExtraResult.Unknown;
            case ExtraKind.ConnectionMark or ExtraKind.Status or ExtraKind.Connection:
                return TestConnection(extra, meta);
            case ExtraKind.Mac:
                // Without an Ethernet header neither the test nor its negation matches.
                if (!HasEthernet(info))
                    return ExtraResult.Differs;
                fits = TestMac(extra, frame, info);
                break;
            case ExtraKind.EcnFlags:
                if (!TryEcnFlags(frame, info, out byte flags))
                    return ExtraResult.Differs;
                fits = (flags & extra.B) != 0;
                break;
            case ExtraKind.TrafficClass or ExtraKind.Ttl or ExtraKind.U32:
                fits = TestHeader(extra, frame, info);
                break;
            default:
                if (NeedsTransport(extra.Kind) && (view.Transport & PacketView.HasTransport) == 0)
                    return ExtraResult.Differs;
                fits = extra.Kind == ExtraKind.TcpOption ? TestTcpOption(extra, frame, info) : TestPacket(extra, info, view, meta);
                break;
        }

        return fits == extra.Negated ? ExtraResult.Differs : ExtraResult.Matches;
    }

    // Negated port tests too look at packets with a port only.
    private static bool NeedsTransport(ExtraKind kind) =>
        kind is (>= ExtraKind.Transport and <= ExtraKind.Multiport and not ExtraKind.Protocol) or ExtraKind.TcpOption;

    private bool TestPacket(in ExtraMatch extra, in PacketInfo info, in PacketView view, in PacketMeta meta) => extra.Kind switch
    {
        ExtraKind.Address => _program.Networks[extra.B].Contains(view.AddressOf(_program.Family, (PacketSide)extra.A)),
        ExtraKind.AddressRange => _program.AddressRanges[extra.B].Contains(view.AddressOf(_program.Family, (PacketSide)extra.A)),
        ExtraKind.Protocol => view.Protocol == extra.A,
        ExtraKind.Transport => true,
        ExtraKind.SourcePort => view.SourcePort >= extra.B && view.SourcePort <= extra.C,
        ExtraKind.DestinationPort => view.DestinationPort >= extra.B && view.DestinationPort <= extra.C,
        ExtraKind.TcpFlags => ((byte)(view.Transport >> PacketView.FlagsShift) & extra.B) == extra.C,
        ExtraKind.Icmp => TestIcmp(extra, view.DestinationPort),
        ExtraKind.Multiport => TestMultiport(extra, view),
        ExtraKind.Length => info.L3Length + meta.GrownBytes >= extra.B && info.L3Length + meta.GrownBytes <= extra.C,
        ExtraKind.InInterface => InSet(extra.B, meta.InInterface),
        ExtraKind.OutInterface => InSet(extra.B, meta.OutInterface),
        ExtraKind.Mark => (meta.Mark & extra.C) == extra.B,
        ExtraKind.State => ((int)StatesOf(meta) & extra.A) != 0,
        ExtraKind.AddressType => TestAddressType(extra, view),
        ExtraKind.PacketType => (int)TypeOf(_program.Family, view, meta) == extra.A,
        ExtraKind.Set => TestSet(extra, view, meta),
        _ => false,
    };
}
