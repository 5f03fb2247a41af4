namespace DatapathKernels.Formats.Clusters;

/// <summary>Which endpoints a service prefers (<c>spec.trafficDistribution</c>).</summary>
public enum TrafficDistribution
{
    /// <summary>All alike, unless the endpoints come with hints of their own.</summary>
    Default,

    /// <summary>Those of the client's zone: the older name of <see cref="PreferSameZone"/>.</summary>
    PreferClose,

    /// <summary>Those of the client's zone.</summary>
    PreferSameZone,

    /// <summary>Those on the client's node, else those of its zone.</summary>
    PreferSameNode,
}
