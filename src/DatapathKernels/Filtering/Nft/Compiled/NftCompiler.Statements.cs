namespace DatapathKernels.Filtering.Nft;

/// <content>Statements into steps.</content>
internal sealed partial class NftCompiler
{
    private const uint MostNumbers = 1 << 20;

    private void AddStatement(NftTable table, NftStatement statement)
    {
        switch (statement)
        {
            case NftComparison comparison:
                AddComparison(comparison);
                break;
            case NftMembership membership:
                AddMembership(table, membership);
                break;
            case NftVerdictMap map:
                AddLookup(NftOpCode.Map, map.Key, PlanOf(table, map.Map, isMap: true), negated: false);
                break;
            case NftNumberMap numbers:
                Add(NftOpCode.Number, index: _numbers.Count);
                _numbers.Add(NumbersOf(table, numbers));
                break;
            case NftSetMark mark:
                Add(mark.OfConnection ? NftOpCode.ConnectionMark : NftOpCode.Mark, mask: mark.And, value: mark.Xor);
                break;
            case NftUpdate update:
                AddUpdate(table, update);
                break;
            case NftCounter counter:
                Add(NftOpCode.Count, index: _counters.Count);
                _counters.Add(counter);
                break;
            case NftTranslation translation when translation.Target.Low is not null && translation.Target.Family != _family:
                Add(NftOpCode.Never);
                break;
            case NftTranslation translation:
                Add(NftOpCode.Translate, index: _translations.Count);
                _translations.Add(Translation.Compile(translation.Target));
                break;
            case NftReject reject:
                Add(NftOpCode.Reject, index: (int)(reject.Kind ?? (_family == IpFamily.V4 ? RejectKind.PortUnreachable : RejectKind.V6PortUnreachable)));
                break;
            case NftVerdictStatement verdict:
                Add(NftOpCode.Verdict, value: WordOf(table, verdict.Verdict));
                break;
            default:
                throw new RulesetException($"{statement} is not carried out");
        }
    }

    private ulong WordOf(NftTable table, NftVerdict verdict)
    {
        if (verdict.Kind is not (NftVerdictKind.Jump or NftVerdictKind.Goto))
            return NftVerdictWord.Of(verdict.Kind, 0);
        if (!_chainNumbers.TryGetValue((table, verdict.Chain ?? ""), out int chain))
            throw new RulesetException($"there is no chain {verdict.Chain} in table {table.Name}");
        if (_chains[chain].Chain.Hook is not null)
            throw new RulesetException($"{verdict.Chain} is a base chain; expected one that rules may jump to");
        return NftVerdictWord.Of(verdict.Kind, chain);
    }

    private void AddComparison(NftComparison comparison)
    {
        NftDataType type = NftFields.TypeOf(comparison.Field);
        NftValue value = comparison.Value;
        ulong mask = comparison.Mask ?? (ulong)(NftFields.Largest(type) & ulong.MaxValue);
        bool negated = comparison.Negated;
        if (IsOfOtherFamily(comparison.Field))
            Add(NftOpCode.Never);
        else if (type == NftDataType.InterfaceName)
            AddInterface(comparison);
        else if (type == NftDataType.Ipv6Address)
            AddWide(comparison);
        else if (type is NftDataType.State or NftDataType.Status && comparison.Mask is null)
            Add(NftOpCode.AnyBit, comparison.Field, negated, mask: (ulong)value.Low);
        else if (value.IsSingle)
            Add(NftOpCode.Equal, comparison.Field, negated, mask: mask, value: (ulong)value.Low);
        else if (PrefixMask(value, mask) is { } prefix)
            Add(NftOpCode.Equal, comparison.Field, negated, mask: prefix, value: (ulong)value.Low);
        else
            Add(NftOpCode.Between, comparison.Field, negated, mask: (ulong)value.Low, value: (ulong)value.High);
    }

    private void AddWide(NftComparison comparison)
    {
        Add(NftOpCode.BetweenWide, comparison.Field, comparison.Negated, index: _wideRanges.Count);
        _wideRanges.Add((comparison.Value.Low, comparison.Value.High));
    }

    /// <summary>The mask of a range that is a prefix, or null.</summary>
    private static ulong? PrefixMask(NftValue value, ulong all)
    {
        ulong host = (ulong)(value.Low ^ value.High);
        bool prefix = (host & (host + 1)) == 0 && ((ulong)value.Low & host) == 0;
        return prefix ? all & ~host : null;
    }

    /// <summary>A name may stand for several interfaces, or for one the node does not have.</summary>
    private void AddInterface(NftComparison comparison)
    {
        List<(UInt128 Low, UInt128 High)> numbers = Resolve(comparison.Value, NftDataType.InterfaceName);
        if (numbers.Count <= 1)
        {
            Add(NftOpCode.Equal, comparison.Field, comparison.Negated, mask: ulong.MaxValue, value: numbers.Count == 0 ? ulong.MaxValue : (ulong)numbers[0].Low);
            return;
        }

        NftSet set = new("", [NftDataType.InterfaceName], isMap: false);
        set.Add(new NftElement([comparison.Value]));
        AddLookup(NftOpCode.Member, [comparison.Field], AddSet(null, set), comparison.Negated);
    }

    private void AddMembership(NftTable table, NftMembership membership)
    {
        if (membership is { Key.Count: 1, Set.Inline: { Elements.Count: 1 } single } && NftFields.TypeOf(membership.Key[0]) is not (NftDataType.State or NftDataType.Status))
            AddComparison(new NftComparison(membership.Key[0], single.Elements[0].Key[0], membership.Negated));
        else
            AddLookup(NftOpCode.Member, membership.Key, PlanOf(table, membership.Set, isMap: false), membership.Negated);
    }

    private void AddLookup(NftOpCode code, IReadOnlyList<NftField> key, NftSetPlan plan, bool negated)
    {
        CheckKey(key, plan.Set);
        foreach (NftField field in key)
        {
            if (IsOfOtherFamily(field))
            {
                Add(NftOpCode.Never);
                return;
            }
        }

        Add(code, negated: negated, index: _lookups.Count);
        _lookups.Add(new NftLookup(ArrayOf(key), plan));
    }

    private void AddUpdate(NftTable table, NftUpdate update)
    {
        NftSetPlan plan = PlanOf(table, new NftSetReference(update.Set, null), isMap: false);
        CheckKey(update.Key, plan.Set);
        if (!plan.IsDynamic)
            throw new RulesetException($"set {update.Set} is not dynamic; expected the flag dynamic or timeout");
        Add(NftOpCode.Update, index: _lookups.Count);
        _lookups.Add(new NftLookup(ArrayOf(update.Key), plan, update.Mode, update.TimeoutMs ?? plan.Set.TimeoutMs ?? 0));
    }

    private static NftField[] ArrayOf(IReadOnlyList<NftField> key)
    {
        NftField[] fields = new NftField[key.Count];
        for (int i = 0; i < fields.Length; i++)
            fields[i] = key[i];
        return fields;
    }

    private static void CheckKey(IReadOnlyList<NftField> key, NftSet set)
    {
        bool fits = key.Count == set.Types.Count;
        for (int i = 0; i < key.Count && fits; i++)
            fits = NftFields.TypeOf(key[i]) == set.Types[i];
        if (!fits)
            throw new RulesetException($"the key {string.Join(" . ", key)} is not of set {set.Name}; expected {string.Join(" . ", set.Types)}");
    }

    private NftNumbers NumbersOf(NftTable table, NftNumberMap statement)
    {
        if (statement.Modulus is 0 or > MostNumbers)
            throw new RulesetException($"numgen mod {statement.Modulus}; expected 1 to {MostNumbers}");
        NftSet map = SetOf(table, statement.Map, isMap: true);
        ulong[] verdicts = new ulong[statement.Modulus];
        foreach (NftElement element in map.Elements)
        {
            for (UInt128 number = element.Key[0].Low; number <= element.Key[0].High && number < (UInt128)statement.Offset + statement.Modulus; number++)
            {
                if (number >= statement.Offset)
                    verdicts[(int)(number - statement.Offset)] = WordOf(table, element.Verdict!);
            }
        }

        return new NftNumbers(statement.IsRandom, verdicts);
    }

    private bool IsOfOtherFamily(NftField field) => _family == IpFamily.V4
        ? field is NftField.SourceV6 or NftField.DestinationV6
        : field is NftField.SourceV4 or NftField.DestinationV4;
}
