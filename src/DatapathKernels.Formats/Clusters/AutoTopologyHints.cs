namespace DatapathKernels.Formats.Clusters;

/// <summary>
/// The hints of <c>service.kubernetes.io/topology-mode: Auto</c>: endpoints are dealt to the zones by the CPUs of their nodes, so that a zone's
/// clients, taken to be as many as its CPUs, meet their share of the endpoints. An endpoint may be hinted for another zone than its own.
/// </summary>
/// <remarks>
/// Source: kubernetes staging/src/k8s.io/endpointslice/topologycache (KEP-2433), as it hints slices that had no hints before. Where the controller
/// takes zones as its map happens to give them, here they come by name. Control plane nodes are the caller's to leave out.
/// </remarks>
public static class AutoTopologyHints
{
    /// <summary>What a zone's endpoints may carry above their share.</summary>
    private const double OverloadThreshold = 0.2;

    /// <summary>The port with hints on its ready endpoints, or without any where the controller refuses.</summary>
    /// <param name="port">The port; hints it has are replaced.</param>
    /// <param name="nodes">The zone of each node that is ready, and its allocatable CPUs.</param>
    /// <param name="refusal">Why there are none.</param>
    public static ServicePort Apply(ServicePort port, IReadOnlyList<(string Zone, double Cpus)> nodes, out AutoHintsRefusal refusal)
    {
        ArgumentNullException.ThrowIfNull(port);
        ArgumentNullException.ThrowIfNull(nodes);
        SortedDictionary<string, double> cpus = CpusByZone(nodes);
        ServiceEndpoint[] ready = [.. port.Endpoints.Where(endpoint => endpoint.Ready)];
        refusal = RefusalOf(ready, nodes, cpus);
        if (refusal == AutoHintsRefusal.None)
        {
            if (DesiredByZone(ready.Length, cpus) is { } desired)
                return port with { Endpoints = Hinted(port.Endpoints, Moves(ready, desired)) };
            refusal = AutoHintsRefusal.Overload;
        }

        return port with { Endpoints = [.. port.Endpoints.Select(endpoint => endpoint with { ZoneHints = [] })] };
    }

    private static SortedDictionary<string, double> CpusByZone(IReadOnlyList<(string Zone, double Cpus)> nodes)
    {
        SortedDictionary<string, double> cpus = new(StringComparer.Ordinal);
        foreach ((string zone, double count) in nodes)
            cpus[zone] = cpus.GetValueOrDefault(zone) + count;
        return cpus;
    }

    private static AutoHintsRefusal RefusalOf(ServiceEndpoint[] ready, IReadOnlyList<(string Zone, double Cpus)> nodes, SortedDictionary<string, double> cpus)
    {
        if (cpus.Count < 2 || nodes.Any(node => node.Zone.Length == 0 || !(node.Cpus > 0)))
            return AutoHintsRefusal.NodesUnknown;
        if (ready.Length < cpus.Count)
            return AutoHintsRefusal.TooFewEndpoints;
        return ready.Any(endpoint => endpoint.Zone.Length == 0) ? AutoHintsRefusal.EndpointZoneUnknown : AutoHintsRefusal.None;
    }

    /// <summary>How many endpoints each zone should have; null when the least that each must have, rounded up, are more than there are.</summary>
    private static SortedDictionary<string, double>? DesiredByZone(int endpoints, SortedDictionary<string, double> cpus)
    {
        SortedDictionary<string, double> desired = new(StringComparer.Ordinal);
        double total = cpus.Values.Sum();
        int least = 0;
        foreach ((string zone, double count) in cpus)
        {
            double share = count / total * endpoints;
            int minimum = (int)Math.Ceiling(share * (1 / (1 + OverloadThreshold)));
            desired[zone] = Math.Max(share, minimum);
            least += minimum;
        }

        return least <= endpoints ? desired : null;
    }

    /// <summary>Which zone gives an endpoint to which, in turn: the one with most too many to the one that lacks most, while one of them has a whole one and the other half of one.</summary>
    private static List<(string From, string To)> Moves(ServiceEndpoint[] ready, SortedDictionary<string, double> desired)
    {
        SortedDictionary<string, double> surplus = new(StringComparer.Ordinal);
        foreach ((string zone, double count) in desired)
            surplus[zone] = ready.Count(endpoint => endpoint.Zone == zone) - count;
        List<(string From, string To)> moves = [];
        while (true)
        {
            (string from, double most) = surplus.MaxBy(zone => zone.Value);
            (string to, double least) = surplus.MinBy(zone => zone.Value);
            if (most < 0.5 || least > -0.5 || (most < 1 && least > -1))
                return moves;
            moves.Add((from, to));
            surplus[from]--;
            surplus[to]++;
        }
    }

    private static List<ServiceEndpoint> Hinted(IReadOnlyList<ServiceEndpoint> endpoints, List<(string From, string To)> moves)
    {
        // What a zone gives and what another takes are counted apart: an endpoint that goes may go to any zone that lacks one.
        Dictionary<string, int> giving = moves.CountBy(move => move.From).ToDictionary(zone => zone.Key, zone => zone.Value);
        Queue<string> receiving = new(moves.Select(move => move.To).Order(StringComparer.Ordinal));
        List<ServiceEndpoint> hinted = [];
        foreach (ServiceEndpoint endpoint in endpoints)
        {
            bool isGiven = endpoint.Ready && giving.GetValueOrDefault(endpoint.Zone) > 0;
            if (isGiven)
                giving[endpoint.Zone]--;
            hinted.Add(endpoint with { ZoneHints = !endpoint.Ready ? [] : isGiven ? [receiving.Dequeue()] : [endpoint.Zone] });
        }

        return hinted;
    }
}
