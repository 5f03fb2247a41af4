using System.Runtime.InteropServices;
using DatapathKernels.Memory;

namespace DatapathKernels.Filtering;

/// <summary>What walks change: counters, the counts of <c>nth</c>, the lists of <c>recent</c>. Every matcher has its own.</summary>
internal sealed unsafe class RuleState : IDisposable
{
    private readonly NativeBuffer _counters;

    public RuleState(RuleProgram program, MatcherOptions options, int spareRules = 0)
    {
        _counters = new NativeBuffer((nuint)(program.RuleCount + spareRules) * (nuint)sizeof(RuleCounters));
        Recent = new RecentLists(program.RecentLists, options.RecentEntries, options.RecentEntriesPerList, program.RecentStamps);
        NthCounts = program.NthStarts.AsSpan().ToArray();
        Sets = program.Sets;
        Buckets = new LimitBucket[program.Limits.Length];
        Seed(program);
    }

    private RuleState(RuleState from)
    {
        _counters = new NativeBuffer(from._counters.Length);
        NativeMemory.Copy(from._counters.Pointer, _counters.Pointer, from._counters.Length);
        Recent = from.Recent.Copy();
        NthCounts = from.NthCounts.AsSpan().ToArray();
        Buckets = from.Buckets.AsSpan().ToArray();
        Sets = IpSet.CopyAll(from.Sets);
    }

    /// <summary>The same state again, for a dry run; sets included.</summary>
    public RuleState Copy() => new(this);

    /// <summary>One for each rule and chain end, 16 bytes: written when the whole rule matched, never on the lines that matching reads.</summary>
    public RuleCounters* Counters => (RuleCounters*)_counters.Pointer;

    /// <summary>The lists of <c>recent</c>.</summary>
    public RecentLists Recent { get; }

    /// <summary>The state of each nth test: the count before the next packet.</summary>
    public uint[] NthCounts { get; }

    /// <summary>The token bucket of each <c>limit</c>.</summary>
    public LimitBucket[] Buckets { get; }

    /// <summary>The sets, by their number in the program. Shared with every matcher of the node, except in a copy.</summary>
    public IpSet[] Sets { get; }

    /// <summary>Bytes of native memory.</summary>
    public long Bytes => (long)_counters.Length;

    public void Dispose()
    {
        _counters.Dispose();
        Recent.Dispose();
    }

    /// <summary>Counting goes on from the counters of the file.</summary>
    private void Seed(RuleProgram program)
    {
        for (int i = 0; i < program.Rules.Length; i++)
        {
            if (program.Rules[i] is { } rule)
                Counters[i] = new RuleCounters { Packets = rule.Packets, Bytes = rule.Bytes };
        }

        for (int i = 0; i < program.Chains.Length; i++)
            Counters[program.Ends[i]] = new RuleCounters { Packets = program.Chains[i].PolicyPackets, Bytes = program.Chains[i].PolicyBytes };
    }
}
