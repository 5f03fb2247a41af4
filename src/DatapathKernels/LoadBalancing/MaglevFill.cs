using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using DatapathKernels.Diagnostics;

namespace DatapathKernels.LoadBalancing;

/// <summary>
/// A table being filled: every backend walks its own permutation of the slots (<c>offset, offset + skip, ...</c> modulo a
/// prime) and claims the next free one when its turn comes. Whose turn it is is what the products differ in.
/// </summary>
/// <remarks>
/// Which slots are taken is kept in a bit map (8 KiB for 65,537 slots), so that the hundreds of thousands of probes of a build
/// stay in the first cache whatever the table's size. On average a build would probe M ln M slots; the last ones, which take the most, are worked out (<see cref="MaglevFreeSlots"/>).
/// </remarks>
internal sealed class MaglevFill
{
    // So few that working out the steps to all of them costs less than probing, which takes size / free steps.
    private const int FewFree = 512;

    private readonly ushort[] _slots;
    private readonly ulong[] _taken;
    private readonly uint[] _next, _skip, _inverse;
    private readonly uint _size;
    private MaglevFreeSlots? _free;

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
        _inverse = new uint[permutations.Length];
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
    public void Claim(int backend)
    {
        uint skip = _skip[backend], slot = Free > FewFree ? Probe(_next[backend], skip) : WorkOut(backend, skip);
        Take(slot, backend);
        _next[backend] = Step(slot, skip);
    }

    /// <summary>Claims that slot if it is free. For products whose probing is not a plain walk.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryClaim(uint slot, int backend)
    {
        if (IsFree(slot) == 0)
            return false;
        Take(slot, backend);
        return true;
    }

    /// <summary>The table, once no slot is free (or there are no backends).</summary>
    public MaglevTable ToTable() => new(_slots, _next.Length);

    /// <summary>Four slots of the walk at a time: which of them is the first free one is no branch, and the next four do not wait for them.</summary>
    private uint Probe(uint slot, uint skip)
    {
        uint skip2 = Step(skip, skip), skip3 = Step(skip2, skip), skip4 = Step(skip2, skip2);
        while (true)
        {
            uint free = IsFree(slot) | (IsFree(Step(slot, skip)) << 1) | (IsFree(Step(slot, skip2)) << 2) | (IsFree(Step(slot, skip3)) << 3);
            if (free != 0)
            {
                int first = BitOperations.TrailingZeroCount(free);
                return Step(Step(slot, skip & (uint)-(first & 1)), skip2 & (uint)-(first >> 1));
            }

            slot = Step(slot, skip4);
        }
    }

    private uint WorkOut(int backend, uint skip)
    {
        _free ??= new MaglevFreeSlots(_taken, _size, Free);
        ref uint inverse = ref _inverse[backend];
        if (inverse == 0)
            inverse = MaglevFreeSlots.InverseOf(skip, _size);
        return _free.FirstFrom(_next[backend], skip, inverse);
    }

    // SAFE: slots are below the size, by the constructor's checks and Step; the map has a bit for each
    private uint IsFree(uint slot) => (uint)(~Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_taken), slot / 64) >> (int)(slot % 64)) & 1;

    private void Take(uint slot, int backend)
    {
        _taken[slot / 64] |= 1UL << (int)(slot % 64);
        _slots[slot] = (ushort)backend;
        Claimed++;
        _free?.Remove(slot);
    }

    /// <summary>Without a branch, which would be on chance: where a walk wraps nothing foretells.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private uint Step(uint slot, uint skip)
    {
        int over = (int)(slot + skip - _size);
        return (uint)(over + ((over >> 31) & (int)_size));
    }
}
