namespace DatapathKernels.Formats.Kubernetes.NetworkPolicies;

/// <summary>A selector of pods or namespaces: all requirements must be met, so one without any selects everything.</summary>
/// <param name="Requirements">The requirements; <c>matchLabels</c> are In with one value.</param>
public sealed record LabelSelector(IReadOnlyList<LabelRequirement> Requirements)
{
    /// <summary>Selects everything: <c>{}</c>.</summary>
    public static readonly LabelSelector Everything = new([]);

    /// <summary>True when the labels meet every requirement.</summary>
    public bool Matches(IReadOnlyDictionary<string, string> labels) => Requirements.All(requirement => requirement.Matches(labels));

    /// <summary>Equal for selectors of the same requirements in any order, for example <c>app in (db),!old</c>.</summary>
    public override string ToString() => string.Join(',', Requirements.Select(requirement => requirement.ToString()).Order(StringComparer.Ordinal));
}
