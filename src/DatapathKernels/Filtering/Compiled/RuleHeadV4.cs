using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using DatapathKernels.Hashing;

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
    public ulong AddressMask, Address, TransportMask, Transport;

    public static int Size => 32;

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
    public static unsafe bool Fits(byte* heads, int rule, in PacketView view)
    {
        RuleHeadV4* head = (RuleHeadV4*)heads + rule;
        return (view.Source0 & head->AddressMask) == head->Address && (view.Transport & head->TransportMask) == head->Transport;
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
