using DatapathKernels.Maps;

namespace DatapathKernels.Filtering.Nft;

/// <content>Sets and their elements.</content>
internal sealed partial class NftCompiler
{
    private const ulong Forever = long.MaxValue;

    private readonly List<NftSetPlan> _plans = [];
    private readonly Dictionary<NftSet, NftSetPlan> _planOf = [];
    private readonly List<(NftSetPlan Plan, UInt128[] Key, ulong Value)> _exact = [];

    private void AddSets(NftTable table)
    {
        foreach (NftSet set in table.Sets)
            AddSet(table, set);
    }

    /// <param name="table">Where the chains of its verdicts are; null for a set without verdicts.</param>
    /// <param name="set">The set.</param>
    private NftSetPlan AddSet(NftTable? table, NftSet set)
    {
        bool dynamic = (set.Flags & (NftSetFlags.Dynamic | NftSetFlags.Timeout)) != 0;
        if (dynamic && set.IsMap)
            throw new RulesetException($"map {set.Name} changes; expected a verdict map to be fixed");
        NftSetPlan plan = new()
        {
            Set = set,
            Number = _plans.Count,
            Layout = NftKeyLayout.Of(set.Types) ?? throw new RulesetException($"the key of set {set.Name} is too long"),
            IsDynamic = dynamic,
        };
        _plans.Add(plan);
        _planOf.Add(set, plan);
        List<((UInt128 Low, UInt128 High)[] Key, ulong Value)> elements = [];
        foreach (NftElement element in set.Elements)
        {
            ulong value = dynamic ? ExpiryOf(set, element) : element.Verdict is { } verdict ? WordOf(table!, verdict) : 1;
            AddElement(plan, element, new (UInt128, UInt128)[element.Key.Count], 0, value, elements);
        }

        Divide(plan, elements);
        return plan;
    }

    /// <summary>Exact elements go into the hash tables; a set of one field that has ranges is searched by halving as a whole.</summary>
    private void Divide(NftSetPlan plan, List<((UInt128 Low, UInt128 High)[] Key, ulong Value)> elements)
    {
        List<((UInt128 Low, UInt128 High)[] Key, ulong Value)> ranges = elements.FindAll(element => Array.Exists(element.Key, part => part.Low != part.High));
        if (ranges.Count > 0 && plan.IsDynamic)
            throw new RulesetException($"set {plan.Set.Name} changes; expected elements that are no ranges");
        bool halving = ranges.Count > 0 && plan.Set.Types.Count == 1;
        foreach (((UInt128 Low, UInt128 High)[] key, ulong value) in elements)
        {
            if (!halving && !Array.Exists(key, part => part.Low != part.High))
                _exact.Add((plan, Array.ConvertAll(key, part => part.Low), value));
        }

        if (ranges.Count > 0)
            plan.Ranges = new NftRanges(plan.Set.Types.Count, halving ? elements : ranges);
    }

    private static ulong ExpiryOf(NftSet set, NftElement element) =>
        (element.TimeoutMs ?? set.TimeoutMs) is { } timeoutMs ? (ulong)timeoutMs : Forever;

    /// <summary>Adds an element once for each interface its names stand for.</summary>
    private void AddElement(NftSetPlan plan, NftElement element, (UInt128 Low, UInt128 High)[] key, int field, ulong value, List<((UInt128 Low, UInt128 High)[] Key, ulong Value)> elements)
    {
        if (field == key.Length)
        {
            elements.Add((key.AsSpan().ToArray(), value));
            return;
        }

        foreach ((UInt128 Low, UInt128 High) part in Resolve(element.Key[field], plan.Set.Types[field]))
        {
            key[field] = part;
            AddElement(plan, element, key, field + 1, value, elements);
        }
    }

    /// <summary>The numbers a value stands for: those of the node's interfaces when it is a name.</summary>
    private List<(UInt128 Low, UInt128 High)> Resolve(NftValue value, NftDataType type)
    {
        if (type != NftDataType.InterfaceName)
            return [(value.Low, value.High)];
        List<(UInt128, UInt128)> numbers = [];
        string name = value.Name ?? "";
        for (int i = 0; i < _interfaces.Count; i++)
        {
            bool fits = name.EndsWith('*') ? _interfaces[i].StartsWith(name[..^1], StringComparison.Ordinal) : _interfaces[i] == name;
            if (fits)
                numbers.Add(((UInt128)(i + 1), (UInt128)(i + 1)));
        }

        return numbers;
    }

    private static NftSet SetOf(NftTable table, NftSetReference reference, bool isMap)
    {
        NftSet set = reference.Inline ?? table.FindSet(reference.Name ?? "")
            ?? throw new RulesetException($"there is no {(isMap ? "map" : "set")} {reference.Name} in table {table.Name}");
        return set.IsMap == isMap ? set : throw new RulesetException($"{reference.Name} is not a {(isMap ? "map" : "set")}");
    }

    private NftSetPlan PlanOf(NftTable table, NftSetReference reference, bool isMap)
    {
        NftSet set = SetOf(table, reference, isMap);
        return _planOf.TryGetValue(set, out NftSetPlan? plan) ? plan : AddSet(table, set);
    }

    private (NftElementTable Elements, NftElementTable Dynamic) MakeTables(int dynamicElements)
    {
        int narrow = _exact.FindAll(element => !element.Plan.IsDynamic && !element.Plan.Layout.IsWide).Count;
        int wide = _exact.FindAll(element => !element.Plan.IsDynamic && element.Plan.Layout.IsWide).Count;
        bool dynamicNarrow = _plans.Exists(plan => plan.IsDynamic && !plan.Layout.IsWide);
        bool dynamicWide = _plans.Exists(plan => plan.IsDynamic && plan.Layout.IsWide);
        NftElementTable elements = new(narrow, wide);
        NftElementTable dynamic = new(dynamicNarrow ? dynamicElements : 0, dynamicWide ? dynamicElements : 0);
        try
        {
            foreach ((NftSetPlan plan, UInt128[] key, ulong value) in _exact)
                Insert(plan.IsDynamic ? dynamic : elements, plan, key, value);
        }
        catch (RulesetException)
        {
            elements.Dispose();
            dynamic.Dispose();
            throw;
        }

        return (elements, dynamic);
    }

    /// <summary>An element may be added again, as nft allows, but not with another verdict.</summary>
    private static void Insert(NftElementTable table, NftSetPlan plan, UInt128[] fields, ulong value)
    {
        MapError error;
        bool known;
        ulong before;
        if (plan.Layout.IsWide)
        {
            NftWideKey key = default;
            Pack(plan, fields, key);
            known = table.TryFind(key, out before);
            error = table.Set(key, value);
        }
        else
        {
            NftNarrowKey key = default;
            Pack(plan, fields, key);
            known = table.TryFind(key, out before);
            error = table.Set(key, value);
        }

        if (known && before != value && plan.Set.IsMap)
            throw new RulesetException($"map {plan.Set.Name} has two verdicts for one key");
        if (error != MapError.Ok)
            throw new RulesetException($"set {plan.Set.Name} has more elements than there is room for ({error}); see MatcherOptions.DynamicSetElements");
    }

    private static void Pack(NftSetPlan plan, UInt128[] fields, Span<ulong> words)
    {
        for (int i = 0; i < fields.Length; i++)
            plan.Layout.Put(i, (ulong)(fields[i] >> 64), (ulong)fields[i], words);
        NftKeyLayout.PutSet(plan.Number, words);
    }
}
