using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using DatapathKernels.Hashing;

namespace DatapathKernels.Filtering;

/// <summary>
/// What every walk reads of an IPv6 rule, 80 bytes. The destination stands first, since it is what most rules differ in:
/// a walk past rules of other destinations reads 32 bytes of each.
/// <code>
///  0                  16            32               40          48              64       80
///  | destination mask | destination | transport mask | transport | source mask   | source |
/// </code>
/// </summary>
[StructLayout(LayoutKind.Sequential, Size = 80)]
internal struct RuleHeadV6 : IRuleHead
{
    public ulong DestinationMask0, DestinationMask1, Destination0, Destination1;
    public ulong TransportMask, Transport;
    public ulong SourceMask0, SourceMask1, Source0, Source1;

    public static int Size => 80;

    public static int Words => 5;

    // SAFE: as in RuleHeadV4.Scan
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe int Scan(byte* heads, int rule, in PacketView view)
    {
        ulong destination0 = view.Destination0, destination1 = view.Destination1, transport = view.Transport;
        RuleHeadV6* head = (RuleHeadV6*)heads + rule;
        while (true)
        {
            ulong other = ((destination0 & head->DestinationMask0) ^ head->Destination0)
                | ((destination1 & head->DestinationMask1) ^ head->Destination1);
            if (other == 0 && (transport & head->TransportMask) == head->Transport
                && (view.Source0 & head->SourceMask0) == head->Source0 && (view.Source1 & head->SourceMask1) == head->Source1)
            {
                return (int)(head - (RuleHeadV6*)heads);
            }

            head++;
        }
    }

    public static unsafe bool Fits(byte* head, in PacketView view)
    {
        RuleHeadV6* tests = (RuleHeadV6*)head;
        return (view.Destination0 & tests->DestinationMask0) == tests->Destination0 && (view.Destination1 & tests->DestinationMask1) == tests->Destination1
            && (view.Transport & tests->TransportMask) == tests->Transport
            && (view.Source0 & tests->SourceMask0) == tests->Source0 && (view.Source1 & tests->SourceMask1) == tests->Source1;
    }

    // SAFE: as in RuleHeadV4.FitsPacked
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe bool FitsPacked(ref ulong* cell, ulong word, RuleMask* masks, in PacketView view)
    {
        RuleMask* mask = masks + (ushort)word;
        ulong* at = cell;
        if ((word & PackedOp.Destination) != 0
            && ((view.Destination0 & mask->Destination0) != *at++ || (view.Destination1 & mask->Destination1) != *at++))
        {
            return false;
        }

        if ((word & PackedOp.Transport) != 0 && (view.Transport & mask->Transport) != *at++)
            return false;
        if ((word & PackedOp.Source) != 0
            && ((view.Source0 & mask->Source0) != *at++ || (view.Source1 & mask->Source1) != *at++))
        {
            return false;
        }

        cell = at;
        return true;
    }

    public static int Pack(in RuleMask mask, in PacketView value, Span<ulong> cells, ref ulong word)
    {
        int count = 0;
        if ((mask.Destination0 | mask.Destination1) != 0)
        {
            word |= PackedOp.Destination;
            cells[count++] = value.Destination0;
            cells[count++] = value.Destination1;
        }

        if (mask.Transport != 0)
        {
            word |= PackedOp.Transport;
            cells[count++] = value.Transport;
        }

        if ((mask.Source0 | mask.Source1) != 0)
        {
            word |= PackedOp.Source;
            cells[count++] = value.Source0;
            cells[count++] = value.Source1;
        }

        return count;
    }

    public static unsafe RuleMask MaskOf(byte* heads, int rule)
    {
        RuleHeadV6* head = (RuleHeadV6*)heads + rule;
        return new RuleMask(head->SourceMask0, head->SourceMask1, head->DestinationMask0, head->DestinationMask1, head->TransportMask);
    }

    public static unsafe PacketView ValueOf(byte* heads, int rule)
    {
        RuleHeadV6* head = (RuleHeadV6*)heads + rule;
        return new PacketView
        {
            Source0 = head->Source0,
            Source1 = head->Source1,
            Destination0 = head->Destination0,
            Destination1 = head->Destination1,
            Transport = head->Transport,
        };
    }

    public static ulong HashOf(in RuleMask mask, in PacketView view) => FlowHash.Compute(
        view.Source0 & mask.Source0, view.Source1 & mask.Source1,
        view.Destination0 & mask.Destination0, view.Destination1 & mask.Destination1, view.Transport & mask.Transport, 0);

    // Its destinations do not fit a word.
    public static bool IsExact(in RuleMask mask) => false;

    public static ulong KeyOf(in PacketView view) => 0;

    public static unsafe void Write(byte* heads, int rule, in HeadTests tests)
    {
        ((RuleHeadV6*)heads)[rule] = new RuleHeadV6
        {
            DestinationMask0 = High(tests.DestinationMask),
            DestinationMask1 = Low(tests.DestinationMask),
            Destination0 = High(tests.Destination),
            Destination1 = Low(tests.Destination),
            TransportMask = tests.TransportMask,
            Transport = tests.Transport,
            SourceMask0 = High(tests.SourceMask),
            SourceMask1 = Low(tests.SourceMask),
            Source0 = High(tests.Source),
            Source1 = Low(tests.Source),
        };
    }

    private static ulong High(UInt128 number) => BinaryPrimitives.ReverseEndianness((ulong)(number >> 64));

    private static ulong Low(UInt128 number) => BinaryPrimitives.ReverseEndianness((ulong)number);
}
