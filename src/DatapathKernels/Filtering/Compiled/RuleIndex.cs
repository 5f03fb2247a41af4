namespace DatapathKernels.Filtering;

/// <summary>The indexes of all chains that are long enough to have one.</summary>
internal sealed unsafe class RuleIndex<THead> : IDisposable
    where THead : struct, IRuleHead
{
    /// <summary>Shorter chains are walked: a few compares of heads side by side cost less than a hash.</summary>
    public const int LeastRules = 10;

    private readonly List<ChainIndex<THead>> _indexes = [];
    private readonly int[] _starts, _ends;

    public RuleIndex(RuleProgram program)
    {
        List<int> starts = [], ends = [];
        for (int i = 0; i < program.Starts.Length; i++)
        {
            int count = program.Ends[i] - program.Starts[i];
            if (count < LeastRules)
                continue;
            starts.Add(program.Starts[i]);
            ends.Add(program.Ends[i]);
            _indexes.Add(new ChainIndex<THead>(program.Heads + ((nint)program.Starts[i] * THead.Size), count));
        }

        _starts = [.. starts];
        _ends = [.. ends];
    }

    /// <summary>Bytes of native memory.</summary>
    public long Bytes
    {
        get
        {
            long bytes = 0;
            foreach (ChainIndex<THead> index in _indexes)
                bytes += index.Bytes;
            return bytes;
        }
    }

    /// <summary>The first rule from <paramref name="rule"/> on, in its chain, whose head matches; false when the chain has no index.</summary>
    public bool TryNext(int rule, in PacketView view, out int next)
    {
        int place = Array.BinarySearch(_starts, rule);
        place = place >= 0 ? place : ~place - 1;
        if (place < 0 || rule >= _ends[place])
        {
            next = rule;
            return false;
        }

        next = _starts[place] + _indexes[place].Next(rule - _starts[place], view);
        return true;
    }

    public void Dispose()
    {
        foreach (ChainIndex<THead> index in _indexes)
            index.Dispose();
    }
}
