using System.Numerics;
using System.Runtime.CompilerServices;

namespace DatapathKernels.Filtering;

/// <summary>
/// A fixed set of addresses, open-addressed at half load or less: the question every <c>addrtype</c> asks, so a multiplication
/// and one or two loads answer it. A node running kube-proxy's IPVS mode has tens of thousands.
/// </summary>
internal sealed class AddressTable
{
    private readonly UInt128[] _slots;
    private readonly bool _hasZero;
    private readonly int _shift;

    /// <param name="addresses">The addresses, number form; repeated ones count once.</param>
    public AddressTable(IReadOnlyCollection<UInt128> addresses)
    {
        int size = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(addresses.Count * 2, 2));
        _slots = new UInt128[size];
        _shift = 64 - BitOperations.Log2((uint)size);
        foreach (UInt128 address in addresses)
        {
            if (address == UInt128.Zero)
                _hasZero = true;
            else
                _slots[SlotOf(address)] = address;
        }
    }

    /// <summary>True when the address is in the set.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Contains(UInt128 address) => address == UInt128.Zero ? _hasZero : _slots[SlotOf(address)] == address;

    /// <summary>The slot of the address, or the empty one where it would go. There always is an empty one.</summary>
    private int SlotOf(UInt128 address)
    {
        ulong mixed = ((ulong)address ^ BitOperations.RotateLeft((ulong)(address >> 64), 32)) * 0x9E3779B97F4A7C15;
        int slot = (int)(mixed >> _shift);
        while (_slots[slot] != UInt128.Zero && _slots[slot] != address)
            slot = (slot + 1) & (_slots.Length - 1);
        return slot;
    }
}
