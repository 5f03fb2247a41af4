namespace DatapathKernels.Formats.Kubernetes.NetworkPolicies;

/// <summary>One requirement of a selector.</summary>
/// <param name="Key">The label.</param>
/// <param name="Operator">What is asked of it.</param>
/// <param name="Values">The values of In and NotIn, at least one; empty for the others.</param>
public sealed record LabelRequirement(string Key, LabelOperator Operator, IReadOnlyList<string> Values)
{
    /// <summary>True when the labels meet it.</summary>
    public bool Matches(IReadOnlyDictionary<string, string> labels)
    {
        ArgumentNullException.ThrowIfNull(labels);
        bool there = labels.TryGetValue(Key, out string? value);
        return Operator switch
        {
            LabelOperator.In => there && Values.Contains(value),
            LabelOperator.NotIn => !there || !Values.Contains(value),
            LabelOperator.Exists => there,
            _ => !there,
        };
    }

    /// <summary>As Kubernetes writes it, for example <c>tier notin (db,web)</c>.</summary>
    public override string ToString() => Operator switch
    {
        LabelOperator.In => $"{Key} in ({Listed})",
        LabelOperator.NotIn => $"{Key} notin ({Listed})",
        LabelOperator.Exists => Key,
        _ => $"!{Key}",
    };

    private string Listed => string.Join(',', Values.Order(StringComparer.Ordinal));
}
