using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using DatapathKernels.Diagnostics;

namespace DatapathKernels.Filtering;

/// <content>
/// Replacing chains while another thread walks. The new chains are a small program of their own, with a matcher of its own
/// to evaluate what is not packed; their blocks and their numbers come out of the spare room. After the blocks are published
/// the caller waits until the walk under way, if any, is over (the walking thread never waits), and only then are counters
/// taken from the old rules and their room given back.
/// </content>
public abstract partial class ChainMatcher
{
    private readonly List<RulePatch> _dead = [];
    private readonly List<int> _freeIds = [];
    private readonly Dictionary<int, RuleCounters> _carried = [];
    private int _steps;
    private int _depthBound;
    private int[]? _callers;
    private RangePool? _spareNumbers;
    private RulePatch?[] _patchOf = [];

    private protected bool TryReplaceChains(Table changed, ReadOnlySpan<string> removed)
    {
        // What is settled is settled by other tables than nat.
        bool settles = _settled is not null && changed.Kind != TableKind.Nat;
        if (settles)
            Volatile.Write(ref _settled, null);
        try
        {
            return _packedV4 is { } packedV4 ? TryReplace(packedV4, changed, removed) : TryReplace(_packedV6!, changed, removed);
        }
        finally
        {
            if (settles)
                Settle();
        }
    }

    private bool TryReplace<THead>(PackedRules<THead> packed, Table changed, ReadOnlySpan<string> removed)
        where THead : struct, IRuleHead
    {
        PrepareUpdates();
        UpdateCheck check = new(changed, name => FindChain(changed.Kind, name));
        check.Run();
        CheckRemoved(check, changed, removed);
        PlaceCheck places = CheckPlaces(changed);
        if (check.SharesLists || _depthBound + check.Deepening > ChainGraph.DepthLimit)
            return false;

        CompiledRuleset compiled = new(check.Small(_program.Family), _rules.Options);
        RuleProgram program = compiled.Program;
        int[] ids = new int[program.Chains.Length];
        bool[] stubs = new bool[ids.Length];
        int next = _layout.Count, fresh = 0, rules = 1;
        for (int i = 0; i < ids.Length; i++)
        {
            // The stubs stand behind the chains that are changed: they need no numbers.
            stubs[i] = changed.Find(program.Chains[i].Name) is null;
            rules = stubs[i] ? rules : program.Ends[i] + 1;
            if (!_chains.TryGetValue((changed.Kind, program.Chains[i].Name), out ids[i]))
                ids[i] = fresh < _freeIds.Count ? _freeIds[^++fresh] : next++;
        }

        if (!_spareNumbers.TryTake(rules, out int firstNumber))
        {
            compiled.Dispose();
            return false;
        }

        if (!packed.TryWrite(program, firstNumber, ids, stubs, out PackedUpdate update))
        {
            _spareNumbers.Give(firstNumber, rules);
            compiled.Dispose();
            return false;
        }

        RulePatch patch = new(new PatchMatcher(compiled), firstNumber, rules, update);
        Array.Fill(_patchOf, patch, firstNumber - _program.RuleCount, rules);
        List<(int Old, int New)> carry = [];
        patch.Uses = 1;
        _freeIds.RemoveRange(_freeIds.Count - fresh, fresh);
        lock (_layoutLock)
        {
            Record(program, ids, stubs, patch, carry);
            packed.Publish(update, ids, stubs);
            foreach (string name in removed)
                Forget(packed, changed.Kind, name);
        }

        foreach ((string name, int more) in check.Callers)
        {
            if (_chains.TryGetValue((changed.Kind, name), out int id))
                _callers[id] += more;
        }

        _depthBound += check.Deepening;
        places.Keep();
        Release(firstNumber);
        WaitForWalk();
        Settle(packed, carry);
        return true;
    }

    [MemberNotNull(nameof(_spareNumbers), nameof(_callers))]
    private void PrepareUpdates()
    {
        if (_spareNumbers is not null && _callers is not null)
            return;
        int spare = SpareRules(_program);
        _layout = _layout.WithRoom(_program.RuleCount + spare);
        _spareNumbers = new RangePool(_program.RuleCount, spare);
        _patchOf = new RulePatch?[spare];
        _depthBound = _program.MaxDepth;
        _callers = new int[_program.Chains.Length];
        for (int rule = 0; rule < _program.Rules.Length; rule++)
        {
            if (_program.Tail(rule) is { Action: RuleAction.Jump or RuleAction.Goto } tail)
                _callers[_program.ChainStartingAt((int)tail.Argument)]++;
        }
    }

    /// <summary>Room for the rules of updates: the longest chain twice, and an eighth of all.</summary>
    private static int SpareRules(RuleProgram program)
    {
        int longest = 0;
        for (int i = 0; i < program.Starts.Length; i++)
            longest = Math.Max(longest, program.Ends[i] - program.Starts[i]);
        return (2 * longest) + (program.RuleCount / 8) + 1024;
    }

    private bool IsUpdated => _spareNumbers is not null;

    /// <summary>The rules as they are: compiled afresh once chains were replaced.</summary>
    private CompiledRuleset RulesNow() => IsUpdated ? new CompiledRuleset(Snapshot(), _rules.Options) : _rules;

    private Chain ChainHolding(int rule) => rule < _program.RuleCount && this is not PatchMatcher
        ? _program.Chains[_program.ChainOf(rule)]
        : _layout.Chains[_layout.ChainOf(rule)]!;

    private Chain? FindChain(TableKind table, string name) =>
        _chains.TryGetValue((table, name), out int id) ? _layout.Chains[id] : null;

    private void CheckRemoved(UpdateCheck check, Table changed, ReadOnlySpan<string> removed)
    {
        foreach (string name in removed)
        {
            if (changed.Find(name) is not null || FindChain(changed.Kind, name) is not { Hook: null } chain)
                Throw.Argument(nameof(removed), $"{name}: expected a user chain of the matcher's that is not among the new ones");
            else
                check.Leave(chain);
        }

        foreach (string name in removed)
        {
            if (_callers![_chains[(changed.Kind, name)]] + check.Callers.GetValueOrDefault(name) != 0)
                Throw.Argument(nameof(removed), $"{name}: rules that stay jump there");
        }
    }

    /// <summary>Notes where the chains stand from now on, and which rules are the same as before.</summary>
    private void Record(RuleProgram program, int[] ids, bool[] stubs, RulePatch patch, List<(int Old, int New)> carry)
    {
        for (int i = 0; i < ids.Length; i++)
        {
            if (stubs[i])
                continue;
            int id = ids[i], start = program.Starts[i], end = program.Ends[i];
            Chain chain = program.Chains[i];
            bool added = _chains.TryAdd((chain.Table, chain.Name), id);
            Seed(program, i, patch.FirstNumber);
            if (!added)
            {
                Carry(_layout.Starts[id], _layout.Ends[id], patch.FirstNumber + start, program.Rules.AsSpan(start, end - start), carry);
                Release(_layout.Starts[id]);
            }

            // A block in use; and when it is the chain's first, its header is for as long as the chain lives.
            patch.Uses += added ? 2 : 1;
            _layout.Set(id, chain, patch.FirstNumber + start, patch.FirstNumber + end, program.Rules.AsSpan(start, end - start));
            if (!added)
                continue;
            _layout.Homes[id] = patch;
            if (id >= _callers!.Length)
                Array.Resize(ref _callers, id + (id / 2) + 16);
            _callers[id] = 0;
            if (chain.Hook is { } hook)
                _hookChains[HookIndex(chain.Table, hook)] = id;
        }
    }

    private unsafe void Seed(RuleProgram program, int chain, int firstNumber)
    {
        RuleCounters* counters = _state.Counters + firstNumber;
        for (int rule = program.Starts[chain]; rule < program.Ends[chain]; rule++)
            counters[rule] = new RuleCounters { Packets = program.Rules[rule]!.Packets, Bytes = program.Rules[rule]!.Bytes };
        counters[program.Ends[chain]] = new RuleCounters { Packets = program.Chains[chain].PolicyPackets, Bytes = program.Chains[chain].PolicyBytes };
    }

    /// <summary>Rules that are the same and in the same order go on counting, and so does the chain's end.</summary>
    private unsafe void Carry(int oldStart, int oldEnd, int newStart, ReadOnlySpan<Rule?> rules, List<(int Old, int New)> carry)
    {
        int from = oldStart;
        for (int i = 0; i < rules.Length; i++)
        {
            int old = from;
            while (old < oldEnd && !_layout.Rules[old]!.IsSameAs(rules[i]!))
                old++;
            if (old == oldEnd)
                continue;
            carry.Add((old, newStart + i));
            from = old + 1;
        }

        carry.Add((oldEnd, newStart + rules.Length));
        foreach ((int old, int now) in carry)
        {
            if (old >= oldStart && old <= oldEnd)
                _state.Counters[now] = default;
        }
    }

    private void Forget<THead>(PackedRules<THead> packed, TableKind table, string name)
        where THead : struct, IRuleHead
    {
        _chains.Remove((table, name), out int id);
        Release(_layout.Starts[id]);
        if (_layout.Homes.Remove(id, out RulePatch? home) && --home.Uses == 0)
            _dead.Add(home);
        _layout.Chains[id] = null;
        packed.Remove(id);
        _freeIds.Add(id);
    }

    private void Release(int start)
    {
        if (start >= _program.RuleCount && _patchOf[start - _program.RuleCount] is { } patch && --patch.Uses == 0)
            _dead.Add(patch);
    }

    /// <summary>
    /// Until no walk is in a block that was published over. The barrier makes the walking thread's stores visible and its
    /// loads new, so that it needs no barrier of its own: a count that is even, or moves on, means that it has passed.
    /// </summary>
    private void WaitForWalk()
    {
        Interlocked.MemoryBarrierProcessWide();
        int seen = Volatile.Read(ref _steps);
        SpinWait spin = default;
        while ((seen & 1) != 0 && Volatile.Read(ref _steps) == seen)
            spin.SpinOnce();
    }

    private unsafe void Settle<THead>(PackedRules<THead> packed, List<(int Old, int New)> carry)
        where THead : struct, IRuleHead
    {
        packed.FreeShortcuts(CarryTo);
        foreach ((int old, int now) in carry)
        {
            RuleCounters total = CountersAt(old);
            _carried.Remove(old);
            if (total.Packets != 0)
                CarryTo(now, total);
        }

        foreach (RulePatch patch in _dead)
        {
            for (int i = 0; i < patch.Count; i++)
                _carried.Remove(patch.FirstNumber + i);
            Array.Clear(_patchOf, patch.FirstNumber - _program.RuleCount, patch.Count);
            Array.Clear(_layout.Rules, patch.FirstNumber, patch.Count);
            _spareNumbers!.Give(patch.FirstNumber, patch.Count);
            packed.Free(patch.Update);
            patch.Matcher.Dispose();
        }

        _dead.Clear();
        _toldAt = NotTold;
    }

    private void CarryTo(int number, RuleCounters counted) =>
        Add(ref CollectionsMarshal.GetValueRefOrAddDefault(_carried, number, out _), counted);

    private unsafe RuleCounters CountersAt(int number)
    {
        RuleCounters counters = _state.Counters[number];
        if (_carried.TryGetValue(number, out RuleCounters before))
            Add(ref counters, before);
        return counters;
    }

    /// <summary>Evaluates the rules of one update.</summary>
    private sealed class PatchMatcher(CompiledRuleset rules) : ChainMatcher(rules, owned: true, ScanKind.Linear);
}
