using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace DatapathKernels.Filtering;

/// <summary>
/// The elements of a set by their entries. Entries of one IPv4 address, a protocol, a port and a prefix length are found by a word that holds all of it: a packet asks
/// for one after another, and a comparison of 48 bytes each would be most of what it pays.
/// </summary>
internal sealed class IpSetTable
{
    private readonly Dictionary<IpSetEntry, IpSetElement> _elements = [];
    private readonly Dictionary<ulong, (long ExpiresMs, bool NoMatch)> _words = [];

    public int Count => _elements.Count;

    public Dictionary<IpSetEntry, IpSetElement>.ValueCollection Values => _elements.Values;

    public bool TryGet(in IpSetEntry key, out IpSetElement element) => _elements.TryGetValue(key, out element);

    /// <summary>Puts an element in, or in the place of the one with the same entry.</summary>
    public void Set(in IpSetElement element)
    {
        _elements[element.Entry] = element;
        if (TryWord(element.Entry, out ulong word))
            _words[word] = (element.ExpiresMs, element.NoMatch);
    }

    public bool Remove(in IpSetEntry key)
    {
        if (TryWord(key, out ulong word))
            _words.Remove(word);
        return _elements.Remove(key);
    }

    public void Clear()
    {
        _elements.Clear();
        _words.Clear();
    }

    /// <summary>What an entry's element says now; none for one that is not there, or is over.</summary>
    public IpSetAnswer Answer(in IpSetEntry key, long nowMs)
    {
        if (!TryWord(key, out ulong word))
        {
            return !_elements.TryGetValue(key, out IpSetElement element) || element.ExpiresMs < nowMs ? IpSetAnswer.None
                : element.NoMatch ? IpSetAnswer.NoMatch : IpSetAnswer.Match;
        }

        ref readonly (long ExpiresMs, bool NoMatch) found = ref CollectionsMarshal.GetValueRefOrNullRef(_words, word);
        return Unsafe.IsNullRef(in found) || found.ExpiresMs < nowMs ? IpSetAnswer.None : found.NoMatch ? IpSetAnswer.NoMatch : IpSetAnswer.Match;
    }

    /// <summary>
    /// | address 32 | port 16 | protocol 8 | prefix length 8 |. An IPv6 address in the same 32 bits is another set's: a set is of one family.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool TryWord(in IpSetEntry entry, out ulong word)
    {
        word = ((ulong)entry.Address << 32) | ((ulong)entry.Port << 16) | ((ulong)entry.Protocol << 8) | entry.PrefixLength;
        return entry.Address <= uint.MaxValue && entry.Address2 == UInt128.Zero && entry.PrefixLength2 == 0;
    }
}
