using DatapathKernels.Maps;
using DatapathKernels.Packets;

namespace DatapathKernels.Filtering.Nft;

/// <content>Questions to sets and maps, and their changes.</content>
public sealed partial class NftMatcher
{
    private const int MostFields = NftWideKey.Words * 8;
    private const long SweepEveryMs = 1000;
    private const ulong Expired = 1UL << 63;

    /// <summary>False when the packet lacks a field of the key.</summary>
    private bool TryLookUp(NftLookup lookup, in PacketView view, in PacketMeta meta, out bool member)
    {
        member = false;
        bool hasKey = lookup.Plan.Layout.IsWide
            ? TryFindWide(lookup, view, meta, out ulong value)
            : TryFindNarrow(lookup, view, meta, out value);
        if (!hasKey)
            return false;
        member = lookup.Plan.IsDynamic ? (long)value > meta.NowMs : value != 0;
        return true;
    }

    /// <summary>The verdict word of a map's element; false and 0 when there is none.</summary>
    private bool TryFind(NftLookup lookup, in PacketView view, in PacketMeta meta, out ulong word)
    {
        bool hasKey = lookup.Plan.Layout.IsWide
            ? TryFindWide(lookup, view, meta, out word)
            : TryFindNarrow(lookup, view, meta, out word);
        return hasKey && word != 0;
    }

    private bool TryFindNarrow(NftLookup lookup, in PacketView view, in PacketMeta meta, out ulong value)
    {
        NftNarrowKey key = default;
        value = 0;
        if (!TryPack(lookup, view, meta, key))
            return false;
        if (lookup.Plan.IsDynamic)
            value = _dynamic.TryFind(key, out ulong expires) ? expires : Expired;
        else if (!_elements.TryFind(key, out value) && lookup.Plan.Ranges is { } ranges)
            FindRange(ranges, lookup, view, meta, out value);
        return true;
    }

    private bool TryFindWide(NftLookup lookup, in PacketView view, in PacketMeta meta, out ulong value)
    {
        NftWideKey key = default;
        value = 0;
        if (!TryPack(lookup, view, meta, key))
            return false;
        if (lookup.Plan.IsDynamic)
            value = _dynamic.TryFind(key, out ulong expires) ? expires : Expired;
        else if (!_elements.TryFind(key, out value) && lookup.Plan.Ranges is { } ranges)
            FindRange(ranges, lookup, view, meta, out value);
        return true;
    }

    /// <summary>Gathers the fields of a key; false when the packet lacks one.</summary>
    private bool TryPack(NftLookup lookup, in PacketView view, in PacketMeta meta, Span<ulong> words)
    {
        NftField[] fields = lookup.Fields;
        for (int i = 0; i < fields.Length; i++)
        {
            if (!TryLoad(fields[i], view, meta, out ulong high, out ulong low))
                return false;
            lookup.Plan.Layout.Put(i, high, low, words);
        }

        NftKeyLayout.PutSet(lookup.Plan.Number, words);
        return true;
    }

    private void FindRange(NftRanges ranges, NftLookup lookup, in PacketView view, in PacketMeta meta, out ulong value)
    {
        Span<UInt128> values = stackalloc UInt128[MostFields];
        for (int i = 0; i < lookup.Fields.Length; i++)
        {
            TryLoad(lookup.Fields[i], view, meta, out ulong high, out ulong low);
            values[i] = new UInt128(high, low);
        }

        ranges.TryFind(values, out value);
    }

    /// <summary>Changes a dynamic set; false when there is no room, or the packet lacks a field.</summary>
    private bool TryChange(NftLookup lookup, in PacketView view, in PacketMeta meta)
    {
        long expires = lookup.TimeoutMs == 0 ? long.MaxValue : meta.NowMs + lookup.TimeoutMs;
        if (lookup.Plan.Layout.IsWide)
        {
            NftWideKey wide = default;
            if (!TryPack(lookup, view, meta, wide))
                return false;
            if (!IsToWrite(lookup, _dynamic.TryFind(wide, out ulong lives) && (long)lives > meta.NowMs))
                return lookup.Mode != NftUpdateMode.Delete || Remove(wide);
            return _dynamic.Set(wide, (ulong)expires) == MapError.Ok || (Sweep(meta.NowMs) && _dynamic.Set(wide, (ulong)expires) == MapError.Ok);
        }

        NftNarrowKey key = default;
        if (!TryPack(lookup, view, meta, key))
            return false;
        if (!IsToWrite(lookup, _dynamic.TryFind(key, out ulong lasts) && (long)lasts > meta.NowMs))
            return lookup.Mode != NftUpdateMode.Delete || Remove(key);
        return _dynamic.Set(key, (ulong)expires) == MapError.Ok || (Sweep(meta.NowMs) && _dynamic.Set(key, (ulong)expires) == MapError.Ok);
    }

    /// <summary><c>add</c> leaves what lives alone.</summary>
    private static bool IsToWrite(NftLookup lookup, bool lives) =>
        lookup.Mode == NftUpdateMode.Update || (lookup.Mode == NftUpdateMode.Add && !lives);

    private bool Remove(in NftNarrowKey key)
    {
        _dynamic.Remove(key);
        return true;
    }

    private bool Remove(in NftWideKey key)
    {
        _dynamic.Remove(key);
        return true;
    }

    /// <summary>Makes room when the table is full, at most once a second: a full table must not make every packet a sweep.</summary>
    private bool Sweep(long nowMs)
    {
        if (_sweptMs != long.MinValue && nowMs - _sweptMs < SweepEveryMs)
            return false;
        _sweptMs = nowMs;
        _dynamic.Expire(nowMs);
        return true;
    }
}
