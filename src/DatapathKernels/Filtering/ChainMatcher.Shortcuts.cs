using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using DatapathKernels.Packets;

namespace DatapathKernels.Filtering;

/// <content>
/// Shortcuts through packed rules: where a chain begins with the jump to a dispatch chain (or is one), and what is left of
/// the walk behind the dispatch rule was worked out beforehand, a packet needs one probe, its draws, and one counter for the rules it
/// would have matched. The same verdicts, draws and counters; what no shortcut says is walked from the start.
/// </content>
public abstract unsafe partial class ChainMatcher
{
    /// <summary>One packet, rewritten too; by shortcut where there is one.</summary>
    /// <remarks>Not inlined: all of it stays in the registers of one method.</remarks>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void EvaluateByShortcut(int chain, Span<byte> frame, in PacketInfo info, ref PacketMeta meta, ref PacketRandom random, out PacketVerdict verdict)
    {
        int step = _steps;
        Volatile.Write(ref _steps, step + 1);
        Unsafe.SkipInit(out verdict);
        PackedRules<RuleHeadV4> rules = _packedV4!;
        Approach* approach = ApproachOf(rules, chain);
        // SAFE: looked at only when the record proves that it lies in the frame
        ref byte l3 = ref Unsafe.Add(ref MemoryMarshal.GetReference(frame), info.L3Offset);
        Way way = FindWay(approach, ref l3, frame.Length, info, meta, ref random, out Shortcut* shortcut, out ShortcutEndpoint* endpoint, out int header, out bool isUdp);
        if (way == Way.Endpoint)
        {
            Shortcut.Answer(shortcut, endpoint, ref verdict);
            Rewrite(shortcut, endpoint, ref l3, ShapeOf(header, isUdp));
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
        ref byte l3 = ref Unsafe.Add(ref MemoryMarshal.GetReference(frame), info.L3Offset);
        Way way = FindWay(ApproachOf(rules, chain), ref l3, frame.Length, info, meta, ref random, out Shortcut* shortcut, out ShortcutEndpoint* endpoint, out _, out _);
        if (way == Way.Endpoint)
            Shortcut.Answer(shortcut, endpoint, ref verdict);
        else if (way != Way.Walk)
            End(ref verdict, KindOf(way), -1);
        return way != Way.Walk;
    }

    /// <summary>The whole walk of one packet but for what becomes of it; its counters are those of the walk. Nothing happened when it must be walked.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Way FindWay(
        Approach* approach, ref byte l3, int length, in PacketInfo info, in PacketMeta meta, ref PacketRandom random, out Shortcut* shortcut, out ShortcutEndpoint* endpoint, out int header, out bool isUdp)
    {
        shortcut = null;
        endpoint = null;
        ShortcutTable* table = approach->Table;
        if (!IsPlain(info, (uint)length, out header, out isUdp) || table == null)
            return Way.Walk;

        // SAFE: both headers lie in the datagram and that in the frame
        ulong addresses = Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref l3, 12));
        ulong key = KeyOf(ref l3, addresses, header, info.Protocol);
        ShortcutBucket* home = ShortcutTable.HomeOf(table, key);
        ShortcutTable.FetchCell(table, home);
        Vector128<ulong> packet = Vector128.Create(1UL, info.L3Length + (ulong)meta.GrownBytes);
        ShortcutSlot* slot = ShortcutTable.Find(table, home, key);
        if (slot == null)
            return Pass(approach, key, packet);
        uint record = Volatile.Read(ref slot->Record);
        if (record == 0)
            return Way.Walk;
        shortcut = ShortcutTable.RecordOf(table, record);
        Shortcut.Fetch(shortcut);
        PacketRandom before = random;
        int draws = shortcut->Draws, pick = random.CountUntilWithin(Shortcut.LimitsOf(shortcut), draws);
        endpoint = Shortcut.EndpointsOf(shortcut, draws) + pick;
        if (!Shortcut.IsFor(shortcut, endpoint, (uint)addresses))
        {
            random = before;
            return Way.Walk;
        }

        Shortcut.Count(shortcut, pick, packet);
        Count(approach->Jump, packet);
        return Way.Endpoint;
    }

    /// <summary>What the dispatch is by.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong KeyOf(ref byte l3, ulong addresses, int header, IpProtocol protocol) =>
        RuleHeadV4.KeyOf(addresses, protocol, BinaryPrimitives.ReverseEndianness(Unsafe.ReadUnaligned<ushort>(ref Unsafe.Add(ref l3, header + 2))));

    /// <summary>
    /// Whether the parse found a whole TCP or UDP packet over IPv4, and it lies in the frame. The record's two words say all of it, by the
    /// layout of <see cref="PacketInfo"/>. Others walk.
    /// </summary>
    /// <param name="info">The record.</param>
    /// <param name="length">Bytes in the frame.</param>
    /// <param name="header">Receives how many bytes the IPv4 header has.</param>
    /// <param name="isUdp">Receives whether it is UDP.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool IsPlain(in PacketInfo info, uint length, out int header, out bool isUdp)
    {
        const ulong Asked = (0xffUL << 16) | ((ulong)PlainSeen << 24) | (0xffUL << 32), Tcp = ((ulong)PlainFlags << 24) | ((ulong)IpProtocol.Tcp << 32), Udp = ((ulong)PlainFlags << 24) | ((ulong)IpProtocol.Udp << 32);
        header = info.L4Offset - info.L3Offset;
        bool isTcp;
        if (BitConverter.IsLittleEndian)
        {
            ulong kind = Unsafe.Add(ref Unsafe.As<PacketInfo, ulong>(ref Unsafe.AsRef(in info)), 1) & Asked;
            (isUdp, isTcp) = (kind == Udp, kind == Tcp);
        }
        else
        {
            bool isWhole = info.Status == ParseStatus.Ok && (info.Flags & PlainSeen) == PlainFlags;
            (isUdp, isTcp) = (isWhole && info.Protocol == IpProtocol.Udp, isWhole && info.Protocol == IpProtocol.Tcp);
        }

        uint least = (uint)header + 20 - (isUdp ? 12u : 0u);
        return (isUdp | isTcp) && header >= 20 && info.L3Length >= least && info.L3Offset + (ulong)info.L3Length <= length;
    }

    /// <summary>A packet that no dispatch rule matches, nor any other of the chain, meets the ends of both chains.</summary>
    private Way Pass(Approach* approach, ulong key, Vector128<ulong> packet)
    {
        if (!CanPass(approach, key))
            return Way.Walk;
        Count(approach->Jump, packet);
        Count(approach->End, packet);
        Count(approach->Policy, packet);
        return approach->Past;
    }

    /// <summary>True when the rules that are no dispatch rules differ: the destination is not the node's own.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool CanPass(Approach* approach, ulong key) =>
        approach->End != null && !_addresses.IsLocalV4(BinaryPrimitives.ReverseEndianness((uint)(key >> 32)));

    private static VerdictKind KindOf(Way way) => way == Way.PassDropped ? VerdictKind.Drop : VerdictKind.Accept;

    /// <summary>Writes the endpoint into a packet that <see cref="IsPlain"/>, by its shape.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Rewrite(Shortcut* shortcut, ShortcutEndpoint* endpoint, ref byte l3, uint shape)
    {
        ref byte port = ref Unsafe.Add(ref l3, (shape & 0xff) + 2);
        ushort portBe = shortcut->HasPort ? BinaryPrimitives.ReverseEndianness(endpoint->Port) : Unsafe.ReadUnaligned<ushort>(ref port);
        AddressRewriter.SetPlainDestination(ref l3, ref port, ref Unsafe.Add(ref l3, (byte)(shape >> 8)), shape >= UdpShape, endpoint->Address, endpoint->Difference, portBe);
    }

    // SAFE: numbers are those the packer gave the rules
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Count(RuleCounters* counters, Vector128<ulong> packets) =>
        (Vector128.Load((ulong*)counters) + packets).Store((ulong*)counters);
}
