using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using DatapathKernels.Hashing;
using DatapathKernels.Packets;

namespace DatapathKernels.Filtering;

/// <summary>
/// What every walk reads of an IPv4 rule, 32 bytes: two rules to a cache line.
/// <code>
///  0              8              16               24              32
///  | address mask | address      | transport mask | transport     |
/// </code>
/// Both addresses are one word, as they lie side by side in the packet; the second word is <see cref="PacketView.Transport"/>.
/// A test a rule does not make has mask zero. What a masked compare cannot say (negation, ranges) is an
/// <see cref="ExtraMatch"/>.
/// </summary>
[StructLayout(LayoutKind.Sequential, Size = 32)]
internal struct RuleHeadV4 : IRuleHead
{
    private const ulong WholeDestination = 0xffffffff_00000000;

    public ulong AddressMask, Address, TransportMask, Transport;

    public static int Size => 32;

    public static int Words => 2;

    // The end of every chain is a head that matches every packet, so the loop needs no other bound. Each step is two
    // loads, an AND, a compare and a branch that goes the same way for as long as no rule's addresses match.
    // SAFE: heads is RuleProgram's buffer, rule an index of it, and the chain it lies in ends with such a head
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe int Scan(byte* heads, int rule, in PacketView view)
    {
        ulong addresses = view.Source0;
        ulong transport = view.Transport;
        RuleHeadV4* head = (RuleHeadV4*)heads + rule;
        while ((addresses & head->AddressMask) != head->Address || (transport & head->TransportMask) != head->Transport)
            head++;
        return (int)(head - (RuleHeadV4*)heads);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe bool Fits(byte* head, in PacketView view)
    {
        RuleHeadV4* tests = (RuleHeadV4*)head;
        return (view.Source0 & tests->AddressMask) == tests->Address && (view.Transport & tests->TransportMask) == tests->Transport;
    }

    // SAFE: the packer wrote a cell for each flag it set, and a mask for each number
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe bool FitsPacked(ref ulong* cell, ulong word, RuleMask* masks, in PacketView view)
    {
        RuleMask* mask = masks + (ushort)word;
        ulong* at = cell;
        if ((word & PackedOp.Destination) != 0 && (view.Source0 & mask->Source0) != *at++)
            return false;
        if ((word & PackedOp.Transport) != 0 && (view.Transport & mask->Transport) != *at++)
            return false;
        cell = at;
        return true;
    }

    public static int Pack(in RuleMask mask, in PacketView value, Span<ulong> cells, ref ulong word)
    {
        int count = 0;
        if (mask.Source0 != 0)
        {
            word |= PackedOp.Destination;
            cells[count++] = value.Source0;
        }

        if (mask.Transport != 0)
        {
            word |= PackedOp.Transport;
            cells[count++] = value.Transport;
        }

        return count;
    }

    public static unsafe RuleMask MaskOf(byte* heads, int rule)
    {
        RuleHeadV4* head = (RuleHeadV4*)heads + rule;
        return new RuleMask(head->AddressMask, 0, 0, 0, head->TransportMask);
    }

    public static unsafe PacketView ValueOf(byte* heads, int rule)
    {
        RuleHeadV4* head = (RuleHeadV4*)heads + rule;
        return new PacketView { Source0 = head->Address, Transport = head->Transport };
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong HashOf(in RuleMask mask, in PacketView view) =>
        FlowHash.Compute(view.Source0 & mask.Source0, view.Transport & mask.Transport, 0);

    public static bool IsExact(in RuleMask mask) =>
        mask.Source0 == WholeDestination && mask.Transport == (PacketView.HasTransport | (0xffUL << PacketView.ProtocolShift) | 0xffff0000);

    // Address | 7 bits of nothing | transport is there, protocol, port
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong KeyOf(in PacketView view) =>
        (view.Source0 & WholeDestination) | ((view.Transport >> 16) & 0xffffff) | ((view.Transport & PacketView.HasTransport) >> 24);

    /// <summary>The same from a packet with a transport header: its two addresses as one word, protocol, destination port (host order).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong KeyOf(ulong addresses, IpProtocol protocol, ushort port) =>
        (addresses & WholeDestination) | (1UL << 24) | ((ulong)protocol << 16) | port;

    public static unsafe void Write(byte* heads, int rule, in HeadTests tests)
    {
        ((RuleHeadV4*)heads)[rule] = new RuleHeadV4
        {
            AddressMask = Swap(tests.SourceMask) | ((ulong)Swap(tests.DestinationMask) << 32),
            Address = Swap(tests.Source) | ((ulong)Swap(tests.Destination) << 32),
            TransportMask = tests.TransportMask,
            Transport = tests.Transport,
        };
    }

    private static uint Swap(UInt128 number) => System.Buffers.Binary.BinaryPrimitives.ReverseEndianness((uint)number);
}
