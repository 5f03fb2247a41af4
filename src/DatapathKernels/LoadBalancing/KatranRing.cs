using System.Runtime.CompilerServices;

namespace DatapathKernels.LoadBalancing;

/// <summary>
/// A Katran ring being filled. Katran computes every probe anew, <c>offset + next * skip</c> in 32 bits, and only then takes
/// the remainder: where that product passes 2^32 the walk leaves the permutation, and so do we.
/// </summary>
internal sealed class KatranRing
{
    private readonly MaglevFill _fill;
    private readonly MaglevPermutation[] _permutations;
    private readonly uint[] _next;
    private readonly uint _size;
    private readonly ulong _reciprocal;

    public KatranRing(ReadOnlySpan<KatranBackend> backends, int size)
    {
        _permutations = new MaglevPermutation[backends.Length];
        for (int i = 0; i < backends.Length; i++)
            _permutations[i] = KatranMaglev.PermutationOf(backends[i].Hash, size);
        _fill = new MaglevFill(size, _permutations);
        _next = new uint[backends.Length];
        _size = (uint)size;
        _reciprocal = MaglevTable.Reciprocal(_size);
    }

    public int Free => _fill.Free;

    public MaglevTable ToTable() => _fill.ToTable();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Claim(int backend)
    {
        MaglevPermutation permutation = _permutations[backend];
        if (((ulong)_size * permutation.Skip) + permutation.Offset <= uint.MaxValue)
        {
            _fill.Claim(backend);
            return;
        }

        uint next = _next[backend], slot;
        do
        {
            slot = (uint)MaglevTable.Remainder(permutation.Offset + (next++ * permutation.Skip), _size, _reciprocal);
        }
        while (!_fill.TryClaim(slot, backend));
        _next[backend] = next;
    }
}
