namespace DatapathKernels.Tests.Oracles;

/// <summary>Routes in one dictionary; a lookup asks for every prefix length there is, longest first.</summary>
internal sealed class RouteLengths
{
    private readonly Dictionary<(UInt128 Bits, int Length), uint> _routes = [];
    private readonly int[] _ofLength = new int[129];

    public int Count => _routes.Count;

    public bool Has(UInt128 bits, int length) => _routes.ContainsKey((bits, length));

    public void Insert(UInt128 bits, int length, uint nextHop)
    {
        if (!Has(bits, length))
            _ofLength[length]++;
        _routes[(bits, length)] = nextHop;
    }

    public bool Delete(UInt128 bits, int length)
    {
        bool removed = _routes.Remove((bits, length));
        _ofLength[length] -= removed ? 1 : 0;
        return removed;
    }

    public uint? Lookup(UInt128 address)
    {
        for (int length = 128; length >= 0; length--)
        {
            if (_ofLength[length] != 0 && _routes.TryGetValue((First(address, length), length), out uint nextHop))
                return nextHop;
        }

        return null;
    }

    /// <summary>The first bits of an address, the others zero.</summary>
    public static UInt128 First(UInt128 address, int length) => length == 0 ? 0 : address >> (128 - length) << (128 - length);
}
