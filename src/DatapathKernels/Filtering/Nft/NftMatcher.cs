namespace DatapathKernels.Filtering.Nft;

/// <summary>
/// Runs packets through the base chains of nftables tables, as <c>nft_do_chain</c> does. Rules are walked one by one; sets and
/// verdict maps are one hash lookup whatever their size, and <c>numgen ... vmap</c> is one step, so what kube-proxy programs
/// costs the same for any number of services.
/// </summary>
/// <remarks>
/// <para>
/// It answers where <see cref="ChainMatcher"/> does, in the same words. One matcher serves one thread at a time. A walk
/// allocates nothing.
/// </para>
/// <para>
/// What differs from the kernel: dynamic sets share <see cref="MatcherOptions.DynamicSetElements"/> instead of having a size each,
/// and <c>th sport</c> and <c>th dport</c> exist for protocols with ports only (the kernel reads the bytes of any header there).
/// </para>
/// </remarks>
public sealed partial class NftMatcher : IDisposable
{
    private readonly NftProgram _program;
    private readonly NftElementTable _elements, _dynamic;
    private readonly NodeAddresses _addresses;
    private readonly UInt128?[] _interfaceAddresses;
    private readonly bool _hasNat;
    private readonly int[] _returns = new int[NftChainGraph.MaxDepth];
    private readonly RuleCounters[] _counters;
    private readonly uint[] _turns;
    private readonly Dictionary<string, ushort> _interfaces = [];
    private NatLatitude _latitude;
    private long _sweptMs = long.MinValue;

    /// <summary>Compiles the tables of one family. Later changes of the ruleset do not reach the matcher. O(rules and elements).</summary>
    /// <param name="ruleset">The tables; those of the other family are left out.</param>
    /// <param name="family">The family of the packets.</param>
    /// <param name="options">What else to know of the node.</param>
    /// <exception cref="RulesetException">A chain or set is not there or of another type, chains call one another in a circle or too deep.</exception>
    public NftMatcher(NftRuleset ruleset, IpFamily family, MatcherOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(ruleset);
        options ??= new MatcherOptions();
        ArgumentOutOfRangeException.ThrowIfLessThan(options.DynamicSetElements, 1, nameof(options));
        _program = NftCompiler.Compile(ruleset, family, options, out _elements, out _dynamic);
        _addresses = options.Addresses;
        _hasNat = _program.HasNat;
        _counters = Array.ConvertAll(_program.Counters, counter => new RuleCounters { Packets = counter.Packets, Bytes = counter.Bytes });
        _turns = new uint[_program.Numbers.Length];
        for (int i = 0; i < options.Interfaces.Count; i++)
            _interfaces.TryAdd(options.Interfaces[i], checked((ushort)(i + 1)));
        _interfaceAddresses = AddressesOf(options);
        Settle();
    }

    /// <summary>The family of its packets; others get <see cref="VerdictKind.NotApplicable"/>.</summary>
    public IpFamily Family => _program.Family;

    /// <summary>Number of rules; they are numbered from 0, chain after chain.</summary>
    public int RuleCount => _program.Rules.Length;

    /// <summary>Elements that are in dynamic sets now, expired ones that nobody met since included.</summary>
    public int DynamicElements => _dynamic.Count;

    /// <summary>Bytes of native memory: the elements of sets and maps.</summary>
    public long Bytes => _elements.Bytes + _dynamic.Bytes;

    /// <summary>The number of an interface for <see cref="PacketMeta"/>; 0 when it is not one of <see cref="MatcherOptions.Interfaces"/>.</summary>
    public ushort InterfaceId(string name) => _interfaces.GetValueOrDefault(name);

    /// <summary>The chain of that name; false when the table or the chain is not there.</summary>
    public bool Find(NftFamily family, string table, string chain, out ChainId id)
    {
        int index = Array.FindIndex(_program.Chains, c => c.Table.Family == family && c.Table.Name == table && c.Chain.Name == chain);
        id = new ChainId(index);
        return index >= 0;
    }

    /// <summary>The rule of that number.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Not a number of this matcher.</exception>
    public NftRule RuleAt(int rule)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)rule, (uint)_program.Rules.Length, nameof(rule));
        return _program.Rules[rule];
    }

    /// <summary>What the first <c>counter</c> of a rule counted, started from the ruleset's; false when the rule has none.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Not a number of this matcher.</exception>
    public bool TryGetCounters(int rule, out RuleCounters counters)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)rule, (uint)_program.Rules.Length, nameof(rule));
        foreach (ref readonly NftOp op in _program.Ops.AsSpan())
        {
            if (op.Code == NftOpCode.Count && op.Rule == rule)
            {
                counters = _counters[op.Index];
                return true;
            }
        }

        counters = default;
        return false;
    }

    /// <summary>What a verdict says, for people: the deciding rule's place.</summary>
    public string Describe(in PacketVerdict verdict)
    {
        if ((uint)verdict.Rule >= (uint)_program.Rules.Length)
            return verdict.Kind.ToString();
        int chain = _program.FirstRules.Length - 1;
        while (_program.FirstRules[chain] > verdict.Rule)
            chain--;
        int line = _program.Rules[verdict.Rule].Line;
        string place = $"{_program.Chains[chain].Table.Name} {_program.Chains[chain].Chain.Name} rule {verdict.Rule - _program.FirstRules[chain] + 1}";
        return line > 0 ? $"{verdict.Kind} by {place} (line {line})" : $"{verdict.Kind} by {place}";
    }

    /// <summary>Gives the memory back; a walk after that is an <see cref="ObjectDisposedException"/> where it looks into a set.</summary>
    public void Dispose()
    {
        _elements.Dispose();
        _dynamic.Dispose();
    }

    /// <summary>By the interfaces' numbers.</summary>
    private UInt128?[] AddressesOf(MatcherOptions options)
    {
        UInt128?[] addresses = new UInt128?[options.Interfaces.Count + 1];
        foreach (InterfaceAddress address in options.InterfaceAddresses)
        {
            if (address.Address.Family == _program.Family && InterfaceId(address.Interface) is var id and > 0)
                addresses[id] ??= address.Address.Address;
        }

        return addresses;
    }
}
