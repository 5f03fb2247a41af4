namespace DatapathKernels.Formats.Kubernetes.NetworkPolicies;

/// <summary>How a requirement looks at a label (<c>meta/v1</c>, LabelSelectorRequirement).</summary>
public enum LabelOperator
{
    /// <summary>The label is there and has one of the values.</summary>
    In,

    /// <summary>The label is not there, or has another value.</summary>
    NotIn,

    /// <summary>The label is there.</summary>
    Exists,

    /// <summary>The label is not there.</summary>
    DoesNotExist,
}
