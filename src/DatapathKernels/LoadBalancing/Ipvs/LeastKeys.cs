using DatapathKernels.Simd;

namespace DatapathKernels.LoadBalancing;

/// <summary>
/// A key for each server in list order, and the least key of every block of servers: the first server of the least key is found by a look at
/// the blocks and one look into a block.
/// <code>
/// keys    | 0 .. 31 | 32 .. 63 | ...      behind the last server: infinity
/// blocks  |  least  |  least   | ...
/// </code>
/// </summary>
/// <remarks>
/// With 1,000 servers a choice reads 64 numbers, eight vectors of 512 bits. A key that changes costs a compare, and a look at its block when it was
/// the block's least and grows.
/// </remarks>
internal sealed class LeastKeys
{
    /// <summary>The key of a server that may not be chosen.</summary>
    public const double Never = double.PositiveInfinity;

    /// <summary>Servers of a block: about the square root of a large service's, so that both looks are alike.</summary>
    internal const int BlockServers = 32;

    private double[] _keys = [], _blocks = [];
    private int _count;

    /// <summary>The position of the first server of the least key; -1 when none may be chosen.</summary>
    public int First<TIsa>()
        where TIsa : struct, IIsa
    {
        double least = LeastScan.Least<TIsa>(_blocks);
        if (least == Never)
            return -1;
        int first = LeastScan.IndexOf<TIsa>(_blocks, least) * BlockServers;
        return first + LeastScan.IndexOf<TIsa>(_keys.AsSpan(first, BlockServers), least);
    }

    /// <summary>Gives a server another key.</summary>
    public void Set(int position, double key)
    {
        double old = _keys[position];
        _keys[position] = key;
        ref double least = ref _blocks[position / BlockServers];
        if (key <= least)
            least = key;
        else if (old == least)
            least = LeastScan.Least<NativeIsa>(_keys.AsSpan(position / BlockServers * BlockServers, BlockServers));
    }

    /// <summary>Puts a server at the head.</summary>
    public void Insert(double key)
    {
        if (_count == _keys.Length)
            Grow();
        Array.Copy(_keys, 0, _keys, 1, _count++);
        _keys[0] = key;
        Renew(0);
    }

    /// <summary>Takes a server out; those behind it move up.</summary>
    public void RemoveAt(int position)
    {
        Array.Copy(_keys, position + 1, _keys, position, --_count - position);
        _keys[_count] = Never;
        Renew(position / BlockServers);
    }

    private void Renew(int block)
    {
        for (; block * BlockServers < _keys.Length; block++)
            _blocks[block] = LeastScan.Least<NativeIsa>(_keys.AsSpan(block * BlockServers, BlockServers));
    }

    private void Grow()
    {
        int blocks = Math.Max(LeastScan.Multiple, _blocks.Length * 2);
        Array.Resize(ref _keys, blocks * BlockServers);
        Array.Resize(ref _blocks, blocks);
        _keys.AsSpan(_count).Fill(Never);
        _blocks.AsSpan(_count / BlockServers).Fill(Never);
    }
}
