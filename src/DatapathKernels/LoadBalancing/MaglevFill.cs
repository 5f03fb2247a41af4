using System.Runtime.CompilerServices;
using DatapathKernels.Diagnostics;

namespace DatapathKernels.LoadBalancing;

/// <summary>
/// A table being filled: every backend walks its own permutation of the slots (<c>offset, offset + skip, ...</c> modulo a
/// prime) and claims the next free one when its turn comes. Whose turn it is is what the products differ in.
/// </summary>
/// <remarks>
/// Which slots are taken is kept in a bit map (8 KiB for 65,537 slots), so that the hundreds of thousands of probes of a build
/// stay in the first cache whatever the table's size. On average a build probes M ln M slots.
/// </remarks>
internal sealed class MaglevFill
{
    private readonly ushort[] _slots;
    private readonly ulong[] _taken;
    private readonly uint[] _next, _skip;
    private readonly uint _size;

    /// <param name="size">Slots; a prime.</param>
    /// <param name="permutations">One a backend.</param>
    public MaglevFill(int size, ReadOnlySpan<MaglevPermutation> permutations)
    {
        if (!Primes.IsPrime(size))
            Throw.OutOfRange(nameof(size), size, "expected a prime: otherwise a permutation does not reach every slot");
        if (permutations.Length > MaglevTable.MaxBackends)
            Throw.OutOfRange(nameof(permutations), permutations.Length, $"a table holds at most {MaglevTable.MaxBackends} backends");
        _size = (uint)size;
        _slots = new ushort[size];
        _taken = new ulong[(size + 63) / 64];
        _next = new uint[permutations.Length];
        _skip = new uint[permutations.Length];
        for (int i = 0; i < permutations.Length; i++)
        {
            if (permutations[i].Offset >= _size || permutations[i].Skip == 0 || permutations[i].Skip >= _size)
                Throw.OutOfRange(nameof(permutations), permutations[i], $"expected an offset below {size} and a skip from 1 to {size - 1}");
            (_next[i], _skip[i]) = (permutations[i].Offset, permutations[i].Skip);
        }
    }

    /// <summary>Slots not claimed yet.</summary>
    public int Free => (int)_size - Claimed;

    private int Claimed { get; set; }

    /// <summary>The backend claims the next free slot of its permutation. There must be one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Claim(int backend)
    {
        uint slot = _next[backend], skip = _skip[backend];
        while (IsTaken(slot))
            slot = Step(slot, skip);
        Take(slot, backend);
        _next[backend] = Step(slot, skip);
    }

    /// <summary>Claims that slot if it is free. For products whose probing is not a plain walk.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryClaim(uint slot, int backend)
    {
        if (IsTaken(slot))
            return false;
        Take(slot, backend);
        return true;
    }

    /// <summary>The table, once no slot is free (or there are no backends).</summary>
    public MaglevTable ToTable() => new(_slots, _next.Length);

    private bool IsTaken(uint slot) => (_taken[slot / 64] >> (int)(slot % 64) & 1) != 0;

    private void Take(uint slot, int backend)
    {
        _taken[slot / 64] |= 1UL << (int)(slot % 64);
        _slots[slot] = (ushort)backend;
        Claimed++;
    }

    private uint Step(uint slot, uint skip)
    {
        slot += skip;
        return slot >= _size ? slot - _size : slot;
    }
}
