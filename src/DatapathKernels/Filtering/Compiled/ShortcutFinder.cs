using System.Runtime.InteropServices;
using DatapathKernels.Packets;

namespace DatapathKernels.Filtering;

/// <summary>
/// Works out what is left of a walk from the packed rules themselves, for packets that a dispatch rule matched. It answers only
/// where every rule on the way is decided by what the dispatch rule asked for, or by a draw; a rule that depends on the
/// source alone becomes the condition to take the shortcut at all.
/// </summary>
internal sealed unsafe class ShortcutFinder(ulong* cells, RuleMask* masks)
{
    private const ulong WholeSource = uint.MaxValue;

    private readonly List<int> _homes = [];
    private readonly ShortcutEndpoint[] _endpoints = new ShortcutEndpoint[Shortcut.MostDraws + 1];
    private readonly int[] _limits = new int[Shortcut.MostDraws + 1];
    private readonly byte[] _record = new byte[Shortcut.BytesOf(Shortcut.MostDraws)];
    private RuleMask _mask;
    private PacketView _value;
    private Shortcut _head;
    private ShortcutCounts _counts;
    private int _count;

    /// <summary>The chains the last answer was read from, by their homes.</summary>
    public IReadOnlyList<int> Homes => _homes;

    /// <summary>Begins with a dispatch rule.</summary>
    /// <param name="mask">The bits it compares.</param>
    /// <param name="value">What it expects there.</param>
    /// <param name="number">Its number.</param>
    public void Start(in RuleMask mask, in PacketView value, int number) => (_mask, _value, _counts.Rule) = (mask, value, number);

    /// <summary>The record behind it; empty when its packets must walk. Valid until the next call.</summary>
    /// <param name="word">The rule's, as in <see cref="IndexedRule"/>.</param>
    public ReadOnlySpan<byte> Find(ulong word)
    {
        _homes.Clear();
        _count = 0;
        bool leads = PackedOp.ActionOf(word) is (int)RuleAction.Jump or (int)RuleAction.Goto && PackedOp.ExtrasOf(word) == PackedOp.NoExtras;
        if (!leads || !TryService((int)PackedOp.ArgumentOf(word)))
            return default;
        _head.Draws = (ushort)(_count - 1);
        return Write();
    }

    private bool TryService(int home)
    {
        _homes.Add(home);
        _head = default;
        ulong* op = PackedOp.Enter(cells, (uint)home, out int number);
        for (; PackedOp.ActionOf(*op) != PackedOp.Indexed; op += PackedOp.LengthOf(*op))
        {
            if (PackedOp.ActionOf(*op) == PackedOp.Spread)
                continue;
            Known known = Decide(op, out _, out ulong* rest);
            int extras = PackedOp.ExtrasOf(*op);
            bool jumps = PackedOp.ActionOf(*op) == (int)RuleAction.Jump;
            if (known == Known.Differs)
            {
                number++;
                continue;
            }

            if (known != Known.Matches)
                return false;
            if (jumps && extras is PackedOp.NoExtras or PackedOp.Random)
            {
                if (!TryEndpoint((int)PackedOp.ArgumentOf(*op), number++, extras == PackedOp.Random ? (uint)*rest : 0))
                    return false;
                if (extras == PackedOp.NoExtras)
                    return true;
            }
            else if (extras != PackedOp.Test || _count != 0 || !TrySource(rest))
            {
                return false;
            }
            else
            {
                number++;
            }
        }

        return false;
    }

    /// <summary>A rule for sources outside a network: packets from inside pass it.</summary>
    private bool TrySource(ulong* test)
    {
        if (_head.SourceMask != 0 || test[0] == 0 || (test[0] & ~WholeSource) != 0)
            return false;
        (_head.SourceMask, _head.Source) = ((uint)test[0], (uint)test[1]);
        return true;
    }

    private bool TryEndpoint(int home, int jump, uint threshold)
    {
        if (_count == 0)
            _counts.FirstJump = jump;
        if (_count > Shortcut.MostDraws || jump != _counts.FirstJump + _count)
            return false;
        _homes.Add(home);
        _limits[_count] = (int)(threshold - 1);
        ref ShortcutEndpoint endpoint = ref _endpoints[_count++];
        endpoint = default;
        bool hairpin = false;
        ulong* op = PackedOp.Enter(cells, (uint)home, out int number);
        for (; PackedOp.ActionOf(*op) is not (PackedOp.Indexed or PackedOp.Spread); op += PackedOp.LengthOf(*op), number++)
        {
            Known known = Decide(op, out uint source, out ulong* rest);
            if (known == Known.Differs)
                continue;
            if (PackedOp.ExtrasOf(*op) != PackedOp.NoExtras)
                return false;
            if (known == Known.Matches)
            {
                endpoint.Number = number;
                return PackedOp.ActionOf(*op) == PackedOp.ShortDnat && (!hairpin || endpoint.Address == PackedOp.ArgumentOf(*op))
                    && TryTranslation(ref endpoint, hairpin, PackedOp.ArgumentOf(*op), *rest);
            }

            if (known != Known.DependsOnSource || hairpin)
                return false;
            (hairpin, endpoint.Address) = (true, source);
        }

        return false;
    }

    private ReadOnlySpan<byte> Write()
    {
        int draws = _head.Draws, limits = sizeof(Shortcut), endpoints = limits + (draws * sizeof(int)), counts = Shortcut.LineOfCounts(draws);
        _head.CountsLine = (byte)counts;
        _record.AsSpan(0, Shortcut.BytesOf(draws)).Clear();
        MemoryMarshal.Write(_record, _head);
        MemoryMarshal.Write(_record.AsSpan(counts * ShortcutRecords.LineBytes), _counts);
        MemoryMarshal.AsBytes(_limits.AsSpan(0, draws)).CopyTo(_record.AsSpan(limits));
        MemoryMarshal.AsBytes(_endpoints.AsSpan(0, draws + 1)).CopyTo(_record.AsSpan(endpoints));
        return _record.AsSpan(0, Shortcut.BytesOf(draws));
    }

    private bool TryTranslation(ref ShortcutEndpoint endpoint, bool hairpin, uint address, ulong binding)
    {
        NatBinding whole = default;
        ((ulong*)&whole)[2] = binding;
        if (_count == 1)
            (_head.Kind, _head.Flags, _head.HasAddress, _head.HasPort, _head.HasHairpins) = (NatKind.Dnat, whole.Flags, true, whole.HasPort, hairpin);
        (endpoint.Address, endpoint.Port) = (address, whole.Port);
        endpoint.Difference = InternetChecksum.Difference((uint)(_value.Source0 >> 32), address);
        return _head.Flags == whole.Flags && _head.HasPort == whole.HasPort && _head.HasHairpins == hairpin;
    }

    /// <summary>What a rule's head says to every packet of the dispatch rule.</summary>
    /// <param name="op">The rule.</param>
    /// <param name="source">Which source it depends on.</param>
    /// <param name="rest">What stands behind the head.</param>
    private Known Decide(ulong* op, out uint source, out ulong* rest)
    {
        RuleMask mask = masks[(ushort)*op];
        rest = op + 1;
        ulong addresses = (*op & PackedOp.Destination) != 0 ? *rest++ : 0;
        ulong transport = (*op & PackedOp.Transport) != 0 ? *rest++ : 0;
        source = (uint)addresses;
        bool differs = ((addresses ^ _value.Source0) & mask.Source0 & _mask.Source0) != 0
            || ((transport ^ _value.Transport) & mask.Transport & _mask.Transport) != 0;
        if (differs)
            return Known.Differs;
        ulong open = mask.Source0 & ~_mask.Source0;
        if ((mask.Transport & ~_mask.Transport) != 0)
            return Known.Depends;
        return open == 0 ? Known.Matches : open == WholeSource ? Known.DependsOnSource : Known.Depends;
    }

    private enum Known
    {
        Matches,
        Differs,
        DependsOnSource,
        Depends,
    }
}
