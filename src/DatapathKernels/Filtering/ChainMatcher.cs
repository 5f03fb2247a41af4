using System.Runtime.CompilerServices;
using DatapathKernels.Packets;

namespace DatapathKernels.Filtering;

/// <summary>
/// Runs packets through the chains of an iptables ruleset. The matchers that derive from it differ in how they find the rule
/// that matches, and in nothing else: verdicts, rewritten bytes and counters are the same.
/// </summary>
/// <remarks>
/// One matcher serves one thread at a time, as the kernel keeps one copy of the counters per CPU. A walk allocates nothing.
/// </remarks>
[SkipLocalsInit]
public abstract partial class ChainMatcher : IDisposable
{
    private readonly CompiledRuleset _rules;
    private readonly bool _owned;
    private readonly ScanKind _scan;
    private readonly RuleProgram _program;
    private readonly RuleState _state;
    private readonly NodeAddresses _addresses;
    private readonly UInt128?[] _interfaceAddresses;
    private readonly IPacketLog? _log;
    private readonly bool _hasNat;
    private readonly RuleColumns? _columns;
    private readonly PackedRules<RuleHeadV4>? _packedV4;
    private readonly PackedRules<RuleHeadV6>? _packedV6;
    private readonly int[] _returns;
    private ChainLayout _layout;
    private int _differing = -1;
    private readonly int[] _hookChains = new int[Hooks.TableCount * Hooks.Count];
    private readonly Dictionary<string, ushort> _interfaces = [];
    private readonly Dictionary<(TableKind Table, string Chain), int> _chains = [];

    private protected ChainMatcher(CompiledRuleset rules, bool owned, ScanKind scan)
        : this(rules, owned, scan, null)
    {
    }

    private ChainMatcher(CompiledRuleset rules, bool owned, ScanKind scan, RuleState? state)
    {
        ArgumentNullException.ThrowIfNull(rules);
        _rules = rules;
        _owned = owned;
        _scan = scan;
        _program = rules.Program;
        _layout = new ChainLayout(_program);
        int spare = scan == ScanKind.Indexed ? SpareRules(_program) : 0;
        _state = state ?? new RuleState(_program, rules.Options, spare);
        _addresses = rules.Options.Addresses;
        if (scan == ScanKind.Vector)
            _columns = RuleColumns.Build(_program);
        if (scan == ScanKind.Indexed && _program.Family == IpFamily.V4)
            _packedV4 = new PackedRules<RuleHeadV4>(_program, spare);
        else if (scan == ScanKind.Indexed)
            _packedV6 = new PackedRules<RuleHeadV6>(_program, spare);
        _returns = new int[_program.MaxDepth + 1];
        Array.Fill(_hookChains, -1);
        _chains.EnsureCapacity(_program.Chains.Length);
        for (int i = 0; i < _program.Chains.Length; i++)
        {
            Chain chain = _program.Chains[i];
            _chains.Add((chain.Table, chain.Name), i);
            if (chain.Hook is { } hook)
                _hookChains[HookIndex(chain.Table, hook)] = i;
        }

        for (int i = 0; i < rules.Options.Interfaces.Count; i++)
            _interfaces.TryAdd(rules.Options.Interfaces[i], checked((ushort)(i + 1)));
        InterfaceCount = rules.Options.Interfaces.Count;
        _interfaceAddresses = AddressesOf(rules.Options);
        _log = state is null ? rules.Options.Log : null;
        _hasNat = Array.Exists(_program.Chains, chain => chain.Table == TableKind.Nat);
    }

    /// <summary>The family of its ruleset; other packets get <see cref="VerdictKind.NotApplicable"/>.</summary>
    public IpFamily Family => _program.Family;

    /// <summary>Numbers of rules and chain ends together: rules are numbered from 0, below this.</summary>
    public int RuleCount => _layout.Rules.Length;

    /// <summary>Bytes of native memory: the compiled rules, shared or not, and the matcher's own state.</summary>
    public long Bytes => _program.Bytes + _state.Bytes + (_columns?.Bytes ?? 0) + (_packedV4?.Bytes ?? 0) + (_packedV6?.Bytes ?? 0);

    private int InterfaceCount { get; }

    /// <summary>The number of an interface for <see cref="PacketMeta"/>; 0 when it is not one of <see cref="MatcherOptions.Interfaces"/>.</summary>
    public ushort InterfaceId(string name) => _interfaces.GetValueOrDefault(name);

    /// <summary>The chain of that name; false when the table or the chain is not there.</summary>
    public bool Find(TableKind table, string chain, out ChainId id)
    {
        bool found = _chains.TryGetValue((table, chain), out int index);
        id = new ChainId(index);
        return found;
    }

    /// <summary>The rule of that number; null when it is the end of a chain.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Not a number of this matcher.</exception>
    public Rule? RuleAt(int rule)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(rule);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(rule, _layout.Rules.Length);
        return _layout.Rules[rule];
    }

    /// <summary>What a verdict says, for people: the deciding rule's place and, when it is unknown, what of it.</summary>
    public string Describe(in PacketVerdict verdict)
    {
        if (verdict.Rule < 0 || verdict.Rule >= _layout.Rules.Length || _layout.Rules[verdict.Rule] is not { } rule)
            return verdict.Kind.ToString();
        int chain = _layout.ChainOf(verdict.Rule);
        string place = $"{_layout.Chains[chain]} rule {verdict.Rule - _layout.Starts[chain] + 1}";
        if (rule.Line > 0)
            place += $" (line {rule.Line})";
        return $"{verdict.Kind} by {place}{UnknownOf(verdict.Kind, rule)}";
    }

    private string UnknownOf(VerdictKind kind, Rule rule)
    {
        if (kind == VerdictKind.UnknownTarget && rule.Target is UnknownTarget target)
            return $": target {target.Name} is not carried out";
        if (kind != VerdictKind.UnknownMatch)
            return "";
        foreach (RuleMatch match in rule.Matches)
        {
            if (match is UnknownMatch unknown)
                return $": match {unknown.Module} is not evaluated";
            if (match is SetMatch set && _rules.Options.Sets.Find(set.Name) is null)
                return $": there is no set {set.Name}";
        }

        return "";
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

    private static int HookIndex(TableKind table, Hook hook) => ((int)table * Hooks.Count) + (int)hook;

    /// <summary>Gives the memory back; a walk after that is an <see cref="ObjectDisposedException"/>.</summary>
    public void Dispose()
    {
        if (_owned)
            _rules.Dispose();
        _state.Dispose();
        _columns?.Dispose();
        _packedV4?.Dispose();
        _packedV6?.Dispose();
        GC.SuppressFinalize(this);
    }
}
