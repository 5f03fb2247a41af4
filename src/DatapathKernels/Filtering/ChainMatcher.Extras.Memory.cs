using DatapathKernels.Packets;

namespace DatapathKernels.Filtering;

/// <content>Tests that remember.</content>
public abstract partial class ChainMatcher
{
    /// <summary>xt_statistic's counter: up to C, then back to zero; matches at zero.</summary>
    private bool CountNth(in ExtraMatch extra)
    {
        ref uint count = ref _state.NthCounts[extra.B];
        count = count == extra.C ? 0 : count + 1;
        return count == 0;
    }

    private bool TestRecent(in ExtraMatch extra, ReadOnlySpan<byte> frame, in PacketInfo info, in PacketView view, in PacketMeta meta, out bool fits)
    {
        ref readonly RecentTest test = ref _program.RecentTests[extra.B];
        UInt128 address = view.AddressOf(_program.Family, test.Side) & test.Mask;

        // The time to live as it was before forwarding took one: on the way out the kernel adds it again.
        byte ttl = TtlOf(frame[info.L3Offset..]);
        if (meta.OutInterface != 0)
            ttl++;
        return _state.Recent.TryTest(test, address, ttl, meta.NowMs, extra.Negated, out fits);
    }
}
