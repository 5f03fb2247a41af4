using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using DatapathKernels.Packets;

namespace DatapathKernels.Filtering;

/// <content>
/// Shortcuts through packed rules: where a chain begins with the jump to a dispatch chain (or is one), and what is left of
/// the walk behind the dispatch rule was worked out beforehand, a packet needs one probe, its draws, and the counters of the rules it
/// would have matched. The same verdicts, draws and counters; what no shortcut says is walked from the start.
/// </content>
public abstract unsafe partial class ChainMatcher
{
    private const ulong PlainBits = 0x1fffff | (127UL << PackedOp.ActionShift), PlainJump = (ulong)RuleAction.Jump << PackedOp.ActionShift;

    /// <summary>How walks come to a dispatch chain.</summary>
    private struct Approach
    {
        public ShortcutTable* Table;

        /// <summary>The end of the dispatch chain and that of the chain the walk began in; null when packets that match no rule of it walk.</summary>
        public ulong* End, Policy;

        /// <summary>The number of the dispatch chain's first rule, and of the rule that jumps there; -1 for none.</summary>
        public int FirstNumber, Jump;
    }

    // SAFE: blocks and indexes are the packer's; both are read between two steps, and replaced ones stay until walks have passed.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool TryApproach(PackedRules<RuleHeadV4> rules, int chain, out Approach approach)
    {
        approach = default;
        approach.Jump = -1;
        ulong* cells = rules.Cells;
        ulong entry = Volatile.Read(ref rules.Entries[chain]);
        ulong* op = PackedOp.Enter(cells, (uint)entry, out approach.FirstNumber), back = null;
        if ((*op & PlainBits) == PlainJump)
        {
            back = op + PackedOp.LengthOf(*op);
            approach.Jump = approach.FirstNumber;
            op = PackedOp.Enter(cells, PackedOp.ArgumentOf(*op), out approach.FirstNumber);
        }

        if (entry == 0 || PackedOp.ActionOf(*op) != PackedOp.Indexed)
            return false;
        ChainIndex<RuleHeadV4>* index = *(ChainIndex<RuleHeadV4>**)(op + 1);
        approach.Table = (ShortcutTable*)Volatile.Read(ref *(nint*)&index->Shortcuts);
        if (approach.Table == null)
            return false;
        if (index->OthersAskForLocal && back != null && PackedOp.ActionOf(*back) is (int)RuleAction.PolicyAccept or (int)RuleAction.PolicyDrop)
        {
            approach.End = op + PackedOp.LengthOf(*op);
            approach.Policy = back;
        }

        return true;
    }

    /// <summary>One packet, rewritten too; by shortcut where there is one.</summary>
    private void EvaluateOne<TRandom>(
        PackedRules<RuleHeadV4> rules, int chain, Span<byte> frame, in PacketInfo info, ref PacketMeta meta, ref TRandom random, ref PacketVerdict verdict)
        where TRandom : struct, IRandomSource
    {
        int step = _steps;
        Volatile.Write(ref _steps, step + 1);
        if (!TryShortcut(rules, chain, frame, info, meta, ref random, ref verdict, out ShortcutEndpoint* endpoint))
            WalkOne(rules, chain, frame, info, ref meta, ref random, ref verdict);
        else if (endpoint != null)
            Rewrite(verdict.Destination.HasPort, endpoint, ref MemoryMarshal.GetReference(frame), info);
        Volatile.Write(ref _steps, step + 2);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void WalkOne<TRandom>(
        PackedRules<RuleHeadV4> rules, int chain, Span<byte> frame, in PacketInfo info, ref PacketMeta meta, ref TRandom random, ref PacketVerdict verdict)
        where TRandom : struct, IRandomSource
    {
        if (PacketView.TryLoad(IpFamily.V4, frame, info, out PacketView view))
            WalkOne(rules, chain, frame, info, view, ref meta, ref random, ref verdict);
        else
            EvaluateDamaged(chain, frame, info, ref meta, ref random, ref verdict);
    }

    /// <summary>The whole walk of one packet; false, and nothing happened, when it must be walked.</summary>
    private bool TryShortcut<TRandom>(
        PackedRules<RuleHeadV4> rules, int chain, ReadOnlySpan<byte> frame, in PacketInfo info, in PacketMeta meta, ref TRandom random, ref PacketVerdict verdict, out ShortcutEndpoint* endpoint)
        where TRandom : struct, IRandomSource
    {
        endpoint = null;
        if (typeof(TRandom) != typeof(PacketRandom) || !TryApproach(rules, chain, out Approach approach)
            || !TryKey(ref MemoryMarshal.GetReference(frame), frame.Length, info, out ulong key, out uint source))
        {
            return false;
        }

        ShortcutSlot* slot = ShortcutTable.Find(approach.Table, ShortcutTable.HomeOf(approach.Table, key), key);
        Vector128<ulong> packet = Vector128.Create(1UL, info.L3Length + (ulong)meta.GrownBytes);
        if (slot == null)
            return TryPass(approach, key, packet, ref verdict);
        uint record = Volatile.Read(ref slot->Record);
        if (record == 0)
            return false;
        Shortcut* shortcut = ShortcutTable.RecordOf(approach.Table, record);
        if ((source & shortcut->SourceMask) != shortcut->Source)
            return false;
        TRandom before = random;
        int pick = Unsafe.As<TRandom, PacketRandom>(ref random).CountUntilWithin(Shortcut.LimitsOf(shortcut), shortcut->Draws);
        ShortcutEndpoint* chosen = Shortcut.EndpointsOf(shortcut) + pick;
        if (chosen->IsHairpinOf(source))
        {
            random = before;
            return false;
        }

        RuleCounters* counters = _state.Counters;
        if (approach.Jump >= 0)
            Count(counters + approach.Jump, packet);
        Count(counters + approach.FirstNumber + slot->Rule, packet);
        Count(counters + shortcut->FirstJump + pick, packet);
        Count(counters + chosen->Number, packet);
        endpoint = chosen;
        Answer(shortcut, chosen, ref verdict);
        return true;
    }

    /// <summary>What the dispatch is by. False for what is not a whole TCP or UDP packet over IPv4: those walk.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool TryKey(ref byte frame, int length, in PacketInfo info, out ulong key, out uint source)
    {
        const PacketFlags Seen = PacketFlags.Ipv4 | PacketFlags.Transport | PacketFlags.Fragment | PacketFlags.NonFirstFragment;
        bool isUdp = info.Protocol == IpProtocol.Udp;
        int header = info.L4Offset - info.L3Offset;
        key = source = 0;
        if (info.Status != ParseStatus.Ok || (info.Flags & Seen) != (PacketFlags.Ipv4 | PacketFlags.Transport) || !(isUdp | info.Protocol == IpProtocol.Tcp)
            || header < 20 || info.L3Length < (uint)header + (isUdp ? 8u : 20u) || info.L3Offset + (ulong)info.L3Length > (uint)length)
        {
            return false;
        }

        // SAFE: both headers lie in the datagram and that in the frame, checked above
        ref byte l3 = ref Unsafe.Add(ref frame, info.L3Offset);
        ulong addresses = Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref l3, 12));
        ushort port = BinaryPrimitives.ReverseEndianness(Unsafe.ReadUnaligned<ushort>(ref Unsafe.Add(ref l3, header + 2)));
        source = (uint)addresses;
        key = RuleHeadV4.KeyOf(addresses, info.Protocol, port);
        return true;
    }

    /// <summary>A packet that no dispatch rule matches, nor any other of the chain, meets the ends of both chains.</summary>
    private bool TryPass(in Approach approach, ulong key, Vector128<ulong> packet, ref PacketVerdict verdict)
    {
        if (!CanPass(approach, key))
            return false;
        Count(_state.Counters + approach.Jump, packet);
        CountPassed(_state.Counters, approach, packet);
        AnswerPassed(approach, ref verdict);
        return true;
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
    private static void AnswerPassed(in Approach approach, ref PacketVerdict verdict) =>
        End(ref verdict, PackedOp.ActionOf(*approach.Policy) == (int)RuleAction.PolicyAccept ? VerdictKind.Accept : VerdictKind.Drop, -1);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Answer(Shortcut* shortcut, ShortcutEndpoint* endpoint, ref PacketVerdict verdict)
    {
        End(ref verdict, VerdictKind.Accept, endpoint->Number);
        Shortcut.Bind(shortcut, endpoint, ref verdict.Destination);
    }

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
