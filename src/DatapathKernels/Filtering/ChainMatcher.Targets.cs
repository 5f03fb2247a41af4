using DatapathKernels.Packets;

namespace DatapathKernels.Filtering;

/// <content>Targets that change a packet, or what is known of it, and let it go on.</content>
public abstract partial class ChainMatcher
{
    /// <summary>False when the packet is to be dropped.</summary>
    private unsafe bool Alter(RuleTail* tail, int rule, Span<byte> frame, in PacketInfo info, in PacketView view, ref PacketMeta meta, ref PacketVerdict verdict)
    {
        switch (tail->Alteration)
        {
            case Alteration.TrafficClass:
                HeaderRewriter.SetTrafficClass(frame, info, (byte)((HeaderRewriter.TrafficClass(frame, info) & ~tail->Argument2) ^ tail->Argument));
                return true;
            case Alteration.HopLimit:
                HeaderRewriter.SetHopLimit(frame, info, HopLimit(HeaderRewriter.HopLimit(frame, info), (HopLimitMode)tail->Argument, (int)tail->Argument2));
                return true;
            case Alteration.SegmentSize:
                return LowerSegmentSize(tail->Argument, frame, info, ref meta, ref verdict);
            case Alteration.ConnectionMark:
                CopyMark(_program.ConnectionMarks[tail->Argument], ref meta);
                return true;
            case Alteration.Untrack:
                meta.State = ConnectionStates.Untracked;
                return true;
            case Alteration.Zone:
                meta.Zone = (ushort)tail->Argument;
                return true;
            case Alteration.Sets:
                ChangeSets(_program.SetChanges[tail->Argument], view, meta);
                return true;
            default:
                _log?.Write(new PacketLogEvent(_program.Logs[tail->Argument], ChainHolding(rule), rule, frame, info, meta));
                return true;
        }
    }

    private static byte HopLimit(byte now, HopLimitMode mode, int value) => mode switch
    {
        HopLimitMode.Set => (byte)value,
        HopLimitMode.Increase => (byte)Math.Min(now + value, byte.MaxValue),
        _ => (byte)Math.Max(now - value, 0),
    };

    /// <summary>xt_TCPMSS: what is no whole TCP header is dropped, and so is every packet when the path MTU holds no segment.</summary>
    private bool LowerSegmentSize(uint argument, Span<byte> frame, in PacketInfo info, ref PacketMeta meta, ref PacketVerdict verdict)
    {
        if ((info.Flags & PacketFlags.NonFirstFragment) != 0 || info.Protocol != IpProtocol.Tcp)
            return true;
        if (argument > ushort.MaxValue)
        {
            int room = (meta.PathMtu == 0 ? 1500 : meta.PathMtu) - (_program.Family == IpFamily.V4 ? 40 : 60);
            if (room <= 0)
                return false;
            argument = (uint)room;
        }

        RewriteStatus status = SegmentSizeRewriter.Lower(frame, info, meta.GrownBytes, (ushort)argument, out int grown);
        meta.GrownBytes += (ushort)grown;
        if (status == RewriteStatus.NoRoom)
            verdict.Rewrite = status;
        return status != RewriteStatus.NotWhole;
    }

    private static void CopyMark(ConnectionMarkTarget target, ref PacketMeta meta)
    {
        if (!HasConnection(meta))
            return;
        switch (target.Mode)
        {
            case ConnectionMarkMode.Set:
                meta.ConnectionMark = (meta.ConnectionMark & ~target.Mask) ^ target.Value;
                break;
            case ConnectionMarkMode.Save:
                meta.ConnectionMark = (meta.ConnectionMark & ~target.Mask) ^ (meta.Mark & target.PacketMask);
                break;
            default:
                meta.Mark = (meta.Mark & ~target.PacketMask) ^ (meta.ConnectionMark & target.Mask);
                break;
        }
    }

    private void ChangeSets(in SetChange change, in PacketView view, in PacketMeta meta)
    {
        if (change.Add >= 0)
            _state.Sets[change.Add].Add(_program.Family, change.AddDirections, view, meta.NowMs, change.TimeoutSeconds, change.Renew);
        if (change.Remove >= 0)
            _state.Sets[change.Remove].Remove(_program.Family, change.RemoveDirections, view);
    }
}
