using System.Numerics;
using System.Runtime.CompilerServices;
using DatapathKernels.Hashing;

namespace DatapathKernels.LoadBalancing;

/// <summary>
/// <c>mh</c> (<c>ip_vs_mh.c</c>): a Maglev table over the servers' last weights, whose keys are fixed in the kernel. A server set to
/// weight 0 keeps its slots: its clients wait for it, or fall back.
/// </summary>
/// <remarks>As on 64-bit kernels, where hsiphash is SipHash-1-3 cut to 32 bits.</remarks>
internal sealed class MaglevSchedule
{
    private const ulong Key1 = 2_654_435_761, Key2 = 2_654_446_892;

    private static readonly int[] Sizes = [251, 509, 1021, 2039, 4093, 8191, 16_381, 32_749, 65_521, 131_071];

    private readonly int _turnBits;
    private readonly uint _size;
    private readonly ulong _reciprocal;
    private MaglevTable _table;

    /// <param name="tableIndex">The kernel's <c>CONFIG_IP_VS_MH_TAB_INDEX</c>, 8 to 17.</param>
    public MaglevSchedule(int tableIndex)
    {
        _size = (uint)Sizes[tableIndex - 8];
        _turnBits = tableIndex / 2;
        _reciprocal = MaglevTable.Reciprocal(_size);
        _table = new MaglevTable(new ushort[_size], 0);
    }

    /// <summary>The table: slots hold positions in the list.</summary>
    public MaglevTable Table => _table;

    /// <summary>Fills the table anew. About M ln M steps.</summary>
    /// <exception cref="InvalidOperationException">More servers than slots.</exception>
    public void Build(ServerColumns servers)
    {
        int count = servers.Count;
        if (count > _size)
            throw new InvalidOperationException($"mh: {count} servers do not fit a table of {_size} slots");
        int[] turns = Turns(servers);
        MaglevPermutation[] permutations = new MaglevPermutation[count];
        for (int i = 0; i < count; i++)
        {
            uint word = servers.ServerAt(i).Port + servers.FoldedAddress(i);
            permutations[i] = new(Hash(word, Key1) % _size, (Hash(word, Key2) % (_size - 1)) + 1);
        }

        MaglevFill fill = new((int)_size, permutations);
        bool any = Array.Exists(turns, t => t > 0);
        for (int i = 0; any && fill.Free > 0; i = i + 1 == count ? 0 : i + 1)
        {
            for (int turn = 0; turn < turns[i] && fill.Free > 0; turn++)
                fill.Claim(i);
        }

        _table = any ? fill.ToTable() : new MaglevTable(new ushort[_size], 0);
    }

    /// <summary>The server of the client's slot if it is usable; with fallback else the first usable one by rehashing.</summary>
    public int Schedule(ServerColumns servers, in SchedulingKey key, SchedulerFlags flags)
    {
        uint word = key.Client + ((flags & SchedulerFlags.Port) != 0 ? key.ClientPort : 0u);
        uint slot = Slot(word);
        int position = _table[(int)slot];
        if (position < 0)
            return -1;
        if (servers.Usable[position] > 0)
            return position;
        return (flags & SchedulerFlags.Fallback) != 0 ? Fallback(servers, word, slot) : -1;
    }

    private int Fallback(ServerColumns servers, uint word, uint first)
    {
        for (uint i = 0; i < _size; i++)
        {
            int position = _table[(int)Slot(word + ((i + first) % _size))];
            if (servers.Usable[position] > 0)
                return position;
        }

        return -1;
    }

    /// <summary>How many slots each server claims in a round: its last weight, scaled so that the largest has few bits.</summary>
    private int[] Turns(ServerColumns servers)
    {
        int divisor = 0, largest = 0;
        foreach (int weight in servers.LastWeights)
        {
            divisor = CommonDivisor.Of(divisor, weight);
            largest = Math.Max(largest, weight);
        }

        int[] turns = new int[servers.Count];
        if (divisor == 0)
            return turns;
        int shift = Math.Max(0, 32 - BitOperations.LeadingZeroCount((uint)(largest / divisor)) - _turnBits);
        for (int i = 0; i < turns.Length; i++)
        {
            int weight = servers.LastWeights[i];
            turns[i] = weight == 0 ? 0 : Math.Max(weight / divisor >> shift, 1);
        }

        return turns;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private uint Slot(uint word) => (uint)MaglevTable.Remainder(Hash(word, Key1), _size, _reciprocal);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Hash(uint word, ulong key) => SipHash.Kernel64(word, key, key);
}
