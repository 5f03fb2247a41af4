namespace DatapathKernels.Bench.Scenarios.Dns;

/// <summary>How a pod's resolver turns a name into the names it asks for, one after the other.</summary>
/// <remarks>Source: resolv.conf(5) and glibc's <c>res_search</c>; musl and Go do the same with names of this kind.</remarks>
/// <param name="Domains">The search domains, in order.</param>
/// <param name="Dots">A name of at least so many dots is first asked for as it is (<c>ndots</c>).</param>
internal sealed record SearchList(IReadOnlyList<string> Domains, int Dots)
{
    /// <summary>The names tried, in order, if none of them exists.</summary>
    /// <param name="name">What the program asks for; a final dot makes it the only one.</param>
    public IReadOnlyList<string> Candidates(string name)
    {
        if (name.EndsWith('.'))
            return [name[..^1]];
        IEnumerable<string> searched = Domains.Select(domain => $"{name}.{domain}");
        return name.Count(c => c == '.') >= Dots ? [name, .. searched] : [.. searched, name];
    }

    /// <summary>The names tried until one exists, that one included.</summary>
    /// <param name="name">What the program asks for.</param>
    /// <param name="existing">The full name that exists.</param>
    /// <exception cref="ArgumentException">The list never comes to it.</exception>
    public IReadOnlyList<string> Tried(string name, string existing)
    {
        List<string> tried = [.. Candidates(name)];
        int found = tried.IndexOf(existing);
        return found >= 0 ? tried[..(found + 1)] : throw new ArgumentException($"{name} never becomes {existing} with ndots:{Dots}", nameof(existing));
    }
}
