using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using DatapathKernels.Packets;
using DatapathKernels.Simd;

namespace DatapathKernels.Filtering;

/// <content>
/// Shortcuts through packed rules: where a chain begins with the jump to a dispatch chain (or is one), and what is left of
/// the walk behind the dispatch rule was worked out beforehand, a packet needs one probe, its draws, and the counters of the rules it
/// would have matched. The same verdicts, draws and counters; what no shortcut says is walked from the start.
/// </content>
public abstract unsafe partial class ChainMatcher
{
    /// <summary>One packet, rewritten too; by shortcut where there is one.</summary>
    /// <remarks>Not inlined: all of it stays in the registers of one method.</remarks>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void EvaluateByShortcut(
        PackedRules<RuleHeadV4> rules, int chain, Span<byte> frame, in PacketInfo info, ref PacketMeta meta, ref PacketRandom random, out PacketVerdict verdict)
    {
        int step = _steps;
        Volatile.Write(ref _steps, step + 1);
        Unsafe.SkipInit(out verdict);
        Way way = FindWay(rules, chain, frame, info, meta, ref random, out Shortcut* shortcut, out ShortcutEndpoint* endpoint);
        if (way == Way.Endpoint)
        {
            Shortcut.Answer(shortcut, endpoint, ref verdict);
            Rewrite(shortcut->HasPort, endpoint, ref MemoryMarshal.GetReference(frame), info);
        }
        else if (way == Way.Walk)
        {
            WalkOne(rules, chain, frame, info, ref meta, ref random, ref verdict);
        }
        else
        {
            verdict = default;
            End(ref verdict, KindOf(way), -1);
        }

        Volatile.Write(ref _steps, step + 2);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void WalkOne(
        PackedRules<RuleHeadV4> rules, int chain, Span<byte> frame, in PacketInfo info, ref PacketMeta meta, ref PacketRandom random, ref PacketVerdict verdict)
    {
        verdict = default;
        verdict.Rule = -1;
        if (PacketView.TryLoad(IpFamily.V4, frame, info, out PacketView view))
            WalkOne(rules, chain, frame, info, view, ref meta, ref random, ref verdict);
        else
            EvaluateDamaged(chain, frame, info, ref meta, ref random, ref verdict);
    }

    /// <summary>One packet, not rewritten. False, and nothing happened, when it must be walked.</summary>
    private bool TryShortcut(
        PackedRules<RuleHeadV4> rules, int chain, ReadOnlySpan<byte> frame, in PacketInfo info, in PacketMeta meta, ref PacketRandom random, ref PacketVerdict verdict)
    {
        Way way = FindWay(rules, chain, frame, info, meta, ref random, out Shortcut* shortcut, out ShortcutEndpoint* endpoint);
        if (way == Way.Endpoint)
            Shortcut.Answer(shortcut, endpoint, ref verdict);
        else if (way != Way.Walk)
            End(ref verdict, KindOf(way), -1);
        return way != Way.Walk;
    }

    /// <summary>The whole walk of one packet but for what becomes of it; its counters are those of the walk. Nothing happened when it must be walked.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Way FindWay(
        PackedRules<RuleHeadV4> rules, int chain, ReadOnlySpan<byte> frame, in PacketInfo info, in PacketMeta meta, ref PacketRandom random, out Shortcut* shortcut, out ShortcutEndpoint* endpoint)
    {
        shortcut = null;
        endpoint = null;
        ref readonly Approach approach = ref ApproachOf(rules, chain);
        if (approach.Table == null || !TryKey(ref MemoryMarshal.GetReference(frame), frame.Length, info, out ulong key, out uint source))
            return Way.Walk;

        Vector128<ulong> packet = Vector128.Create(1UL, info.L3Length + (ulong)meta.GrownBytes);
        ShortcutSlot* slot = ShortcutTable.Find(approach.Table, ShortcutTable.HomeOf(approach.Table, key), key);
        if (slot == null)
            return Pass(approach, key, packet);
        uint record = Volatile.Read(ref slot->Record);
        if (record == 0)
            return Way.Walk;
        shortcut = ShortcutTable.RecordOf(approach.Table, record);
        Prefetch.Read((byte*)shortcut + ShortcutRecords.LineBytes);
        if ((source & shortcut->SourceMask) != shortcut->Source)
            return Way.Walk;
        PacketRandom before = random;
        int pick = random.CountUntilWithin(Shortcut.LimitsOf(shortcut), shortcut->Draws);
        endpoint = Shortcut.EndpointsOf(shortcut) + pick;
        if (shortcut->HasHairpins & (endpoint->Address == source))
        {
            random = before;
            return Way.Walk;
        }

        Shortcut.Count(shortcut, pick, packet);
        if (approach.Jump >= 0)
            Count(_state.Counters + approach.Jump, packet);
        return Way.Endpoint;
    }

    /// <summary>What the dispatch is by. False for what is not a whole TCP or UDP packet over IPv4: those walk.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool TryKey(ref byte frame, int length, in PacketInfo info, out ulong key, out uint source)
    {
        int header = info.L4Offset - info.L3Offset;
        key = source = 0;
        if (!IsPlain(info, out bool isUdp) || header < 20 || info.L3Length < (uint)header + (isUdp ? 8u : 20u) || info.L3Offset + (ulong)info.L3Length > (uint)length)
            return false;

        // SAFE: both headers lie in the datagram and that in the frame, checked above
        ref byte l3 = ref Unsafe.Add(ref frame, info.L3Offset);
        ulong addresses = Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref l3, 12));
        ushort port = BinaryPrimitives.ReverseEndianness(Unsafe.ReadUnaligned<ushort>(ref Unsafe.Add(ref l3, header + 2)));
        source = (uint)addresses;
        key = RuleHeadV4.KeyOf(addresses, info.Protocol, port);
        return true;
    }

    /// <summary>Whether the parse found a whole TCP or UDP packet over IPv4. The record's second word says all of it, by the layout of <see cref="PacketInfo"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool IsPlain(in PacketInfo info, out bool isUdp)
    {
        const PacketFlags Seen = PacketFlags.Ipv4 | PacketFlags.Transport | PacketFlags.Fragment | PacketFlags.NonFirstFragment, Plain = PacketFlags.Ipv4 | PacketFlags.Transport;
        const ulong Asked = (0xffUL << 16) | ((ulong)Seen << 24) | (0xffUL << 32), Tcp = ((ulong)Plain << 24) | ((ulong)IpProtocol.Tcp << 32), Udp = ((ulong)Plain << 24) | ((ulong)IpProtocol.Udp << 32);
        if (!BitConverter.IsLittleEndian)
        {
            isUdp = info.Protocol == IpProtocol.Udp;
            return info.Status == ParseStatus.Ok && (info.Flags & Seen) == Plain && (isUdp || info.Protocol == IpProtocol.Tcp);
        }

        ulong kind = Unsafe.Add(ref Unsafe.As<PacketInfo, ulong>(ref Unsafe.AsRef(in info)), 1) & Asked;
        isUdp = kind == Udp;
        return isUdp | kind == Tcp;
    }

    /// <summary>A packet that no dispatch rule matches, nor any other of the chain, meets the ends of both chains.</summary>
    private Way Pass(in Approach approach, ulong key, Vector128<ulong> packet)
    {
        if (!CanPass(approach, key))
            return Way.Walk;
        Count(_state.Counters + approach.Jump, packet);
        CountPassed(_state.Counters, approach, packet);
        return WayPast(approach);
    }

    /// <summary>True when the rules that are no dispatch rules differ: the destination is not the node's own.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool CanPass(in Approach approach, ulong key) =>
        approach.End != null && !_addresses.IsLocalV4(BinaryPrimitives.ReverseEndianness((uint)(key >> 32)));

    private static void CountPassed(RuleCounters* counters, in Approach approach, Vector128<ulong> packets)
    {
        Count(counters + PackedOp.ArgumentOf(*approach.End), packets);
        Count(counters + PackedOp.ArgumentOf(*approach.Policy), packets);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Way WayPast(in Approach approach) => PackedOp.ActionOf(*approach.Policy) == (int)RuleAction.PolicyAccept ? Way.PassAccepted : Way.PassDropped;

    private static VerdictKind KindOf(Way way) => way == Way.PassDropped ? VerdictKind.Drop : VerdictKind.Accept;

    /// <summary>Writes the endpoint into a packet that <see cref="TryKey"/> took.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Rewrite(bool hasPort, ShortcutEndpoint* endpoint, ref byte frame, in PacketInfo info)
    {
        ref byte l3 = ref Unsafe.Add(ref frame, info.L3Offset);
        int header = info.L4Offset - info.L3Offset;
        ushort port = hasPort ? BinaryPrimitives.ReverseEndianness(endpoint->Port) : Unsafe.ReadUnaligned<ushort>(ref Unsafe.Add(ref l3, header + 2));
        AddressRewriter.SetPlainDestination(ref l3, header, info.Protocol == IpProtocol.Udp, endpoint->Address, endpoint->Difference, port);
    }

    // SAFE: numbers are those the packer gave the rules
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Count(RuleCounters* counters, Vector128<ulong> packets) =>
        (Vector128.Load((ulong*)counters) + packets).Store((ulong*)counters);
}
