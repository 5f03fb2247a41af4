namespace DatapathKernels.LoadBalancing;

/// <summary>
/// The sums of the usable weights of every block of servers and of all: which server a draw by weight falls on is found by a walk over the
/// blocks and one within a block.
/// </summary>
internal sealed class WeightSums
{
    private const int BlockServers = 32;

    private long[] _blocks = [];

    /// <summary>The sum of all.</summary>
    public long Total { get; private set; }

    /// <summary>The weight of a server changed by so much.</summary>
    public void Add(int position, int by)
    {
        _blocks[position / BlockServers] += by;
        Total += by;
    }

    /// <summary>The list changed: sums anew.</summary>
    public void Renew(ReadOnlySpan<int> usable)
    {
        int blocks = (usable.Length + BlockServers - 1) / BlockServers;
        if (blocks > _blocks.Length)
            _blocks = new long[blocks * 2];
        Array.Clear(_blocks);
        Total = 0;
        for (int i = 0; i < usable.Length; i++)
            Add(i, usable[i]);
    }

    /// <summary>The first server up to which, itself included, the weights add up to the draw or more; -1 when there is none.</summary>
    /// <param name="usable">The weights.</param>
    /// <param name="draw">1 to the sum of all; a draw of 0 falls on the first usable server, as one of 1 does.</param>
    public int Find(ReadOnlySpan<int> usable, long draw)
    {
        draw = Math.Max(draw, 1);
        if (draw > Total)
            return -1;
        int block = 0;
        while (draw > _blocks[block])
            draw -= _blocks[block++];
        int position = block * BlockServers;
        while (draw > usable[position])
            draw -= usable[position++];
        return position;
    }
}
