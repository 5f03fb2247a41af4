using DatapathKernels.Filtering;

namespace DatapathKernels.Bench.Input;

/// <summary>
/// Changes of kube-proxy's nat table as one endpoint of a service makes them: another chain for the service's first endpoint, and
/// the service's chains that jump there (one for all endpoints, and one for the node's own where a policy is Local). For up to 512 services there, and then the same back: one after the other they can be
/// applied round and round. Services with client affinity are left out: their rules share lists, which only a new matcher changes.
/// </summary>
internal sealed class EndpointChanges
{
    private const int MostServices = 512;

    private readonly List<(Table Changed, string Removed)> _changes = [];

    /// <summary>Makes the changes; nothing is applied.</summary>
    /// <param name="nat">The table as it is.</param>
    public EndpointChanges(Table nat)
    {
        ArgumentNullException.ThrowIfNull(nat);
        Chain[] services = [.. nat.Chains.Where(c => c.Name.StartsWith("KUBE-SVC-", StringComparison.Ordinal) && Endpoint(c) is not null && !c.Rules.Any(HasList)).Take(MostServices)];
        ILookup<string, Chain> callers = nat.Chains.SelectMany(chain => Jumps(chain).Distinct().Select(to => (to, chain))).ToLookup(call => call.to, call => call.chain);
        foreach (bool back in new[] { false, true })
        {
            foreach (Chain service in services)
                Add(nat, Endpoint(service)!, callers, back);
        }
    }

    /// <summary>How many there are; after so many all is as it was.</summary>
    public int Count => _changes.Count;

    /// <summary>Applies one of them, counting on from the first after the last.</summary>
    /// <returns>False when the matcher has no room left.</returns>
    public bool TryApply(IndexedMatcher matcher, int number)
    {
        (Table changed, string removed) = _changes[number % _changes.Count];
        return matcher.TryReplace(changed, removed);
    }

    private void Add(Table nat, string was, ILookup<string, Chain> callers, bool back)
    {
        string other = was[..^1] + "_";
        (string from, string to) = back ? (other, was) : (was, other);
        Table change = new(TableKind.Nat);
        Chain endpoint = change.Add(to);
        foreach (Rule rule in nat.Find(was)!.Rules)
            endpoint.Add(rule);
        foreach (Chain caller in callers[was])
        {
            Chain copy = change.Add(caller.Name);
            foreach (Rule rule in caller.Rules)
                copy.Add(rule.Target is JumpTarget jump && jump.Chain == was ? new Rule([.. rule.Matches], jump with { Chain = to }) : rule);
        }

        _changes.Add((change, from));
    }

    private static bool HasList(Rule rule) => rule.Matches.Any(match => match is RecentMatch);

    private static string? Endpoint(Chain service) => Jumps(service).FirstOrDefault(to => to.StartsWith("KUBE-SEP-", StringComparison.Ordinal));

    private static IEnumerable<string> Jumps(Chain chain) => chain.Rules.Select(rule => rule.Target).OfType<JumpTarget>().Select(jump => jump.Chain);
}
