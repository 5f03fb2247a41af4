namespace DatapathKernels.Formats.Clusters;

/// <summary>The order of services in a ruleset.</summary>
public enum RulesetOrder : byte
{
    /// <summary>
    /// Random, from <see cref="KubeProxyOptions.OrderSeed"/>: kube-proxy walks a Go map, so every full sync has another order.
    /// </summary>
    Random,

    /// <summary>Services by name and chains by name: the same text however the services were listed.</summary>
    Sorted,

    /// <summary>Services in the order of the cluster.</summary>
    Given,
}
