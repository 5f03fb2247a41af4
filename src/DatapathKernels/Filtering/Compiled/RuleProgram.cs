using DatapathKernels.Memory;

namespace DatapathKernels.Filtering;

/// <summary>
/// A ruleset compiled to flat memory: every chain is a run of rules closed by its end, in three parallel arrays. Nothing of it
/// changes once it is compiled; what walks change is <see cref="RuleState"/>.
/// <code>
/// heads     32 or 80 bytes a rule   the masked compares: all that a walk past a rule touches
/// tails     16 bytes a rule         extra tests and action, read when the head matched
/// extras    16 bytes a test         negations, ranges, marks, states, ...
/// </code>
/// The side tables hold what does not fit 16 bytes.
/// </summary>
internal sealed unsafe class RuleProgram : IDisposable
{
    public const byte NeverCut = byte.MaxValue;

    private readonly NativeBuffer _heads, _tails, _extras;

    public RuleProgram(IpFamily family, int rules, int headSize, ReadOnlySpan<RuleTail> tails, ReadOnlySpan<ExtraMatch> extras)
    {
        Family = family;
        _heads = new NativeBuffer((nuint)rules * (nuint)headSize);
        _tails = new NativeBuffer((nuint)rules * (nuint)sizeof(RuleTail));
        _extras = new NativeBuffer((nuint)Math.Max(extras.Length, 1) * (nuint)sizeof(ExtraMatch));
        tails.CopyTo(new Span<RuleTail>(_tails.Pointer, rules));
        extras.CopyTo(new Span<ExtraMatch>(_extras.Pointer, extras.Length));
        RuleCount = rules;
    }

    public IpFamily Family { get; }

    /// <summary>Rules and chain ends together.</summary>
    public int RuleCount { get; }

    public byte* Heads => _heads.Pointer;

    public RuleTail* Tails => (RuleTail*)_tails.Pointer;

    public ExtraMatch* Extras => (ExtraMatch*)_extras.Pointer;

    /// <summary>The tail of a rule.</summary>
    public RuleTail Tail(int rule) => Tails[rule];

    /// <summary>The rule of each number; null for the end of a chain.</summary>
    public required Rule?[] Rules { get; init; }

    /// <summary>How many of a rule's extra tests are asked before its first one that reads the transport header; <see cref="NeverCut"/> for a rule without.</summary>
    public required byte[] CutAfter { get; init; }

    public required Chain[] Chains { get; init; }

    /// <summary>The number of each chain's first rule.</summary>
    public required int[] Starts { get; init; }

    /// <summary>The number of each chain's end.</summary>
    public required int[] Ends { get; init; }

    /// <summary>The chain whose first rule (or end) has this number.</summary>
    public int ChainStartingAt(int rule) => Array.BinarySearch(Starts, rule);

    /// <summary>The longest way of jumps from any chain.</summary>
    public required int MaxDepth { get; init; }

    public required Translation[] Translations { get; init; }

    public required ConnectionMarkTarget[] ConnectionMarks { get; init; }

    public required SetChange[] SetChanges { get; init; }

    public required LogTarget[] Logs { get; init; }

    public required IpNetwork[] Networks { get; init; }

    public required PortRange[] PortRanges { get; init; }

    public required ulong[] InterfaceSets { get; init; }

    public required RecentTest[] RecentTests { get; init; }

    public required int RecentLists { get; init; }

    /// <summary>Where each nth test starts counting.</summary>
    public required uint[] NthStarts { get; init; }

    public required IpAddressRange[] AddressRanges { get; init; }

    public required U32Expression[] U32Expressions { get; init; }

    public required ConnectionTest[] ConnectionTests { get; init; }

    public required LimitTest[] Limits { get; init; }

    /// <summary>The most times <c>recent</c> keeps of an address.</summary>
    public required int RecentStamps { get; init; }

    /// <summary>The sets that rules ask or change.</summary>
    public required IpSet[] Sets { get; init; }

    /// <summary>Bytes of native memory.</summary>
    public long Bytes => (long)(_heads.Length + _tails.Length + _extras.Length);

    /// <summary>The chain a rule or a chain's end is in.</summary>
    public int ChainOf(int rule)
    {
        int index = Array.BinarySearch(Starts, rule);
        return index >= 0 ? index : ~index - 1;
    }

    public void Dispose()
    {
        _heads.Dispose();
        _tails.Dispose();
        _extras.Dispose();
    }
}
