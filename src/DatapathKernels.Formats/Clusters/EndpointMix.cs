namespace DatapathKernels.Formats.Clusters;

/// <summary>How many endpoints the services of a generated cluster have.</summary>
public enum EndpointMix : byte
{
    /// <summary>Every service has <see cref="ClusterOptions.EndpointsPerService"/> endpoints.</summary>
    Fixed,

    /// <summary>
    /// The mix of Kubernetes' own load test: groups of 250, 30 and 5 pods holding a quarter, a quarter and half of all
    /// pods, and services for half of the groups. Of 1,000 services 9 have 250 endpoints, 76 have 30 and 915 have 5.
    /// </summary>
    /// <remarks>Source: kubernetes/perf-tests, clusterloader2/testing/load/config.yaml.</remarks>
    Realistic,
}
