namespace DatapathKernels.Bench.Scenarios.Dns;

/// <summary>A name that a program in namespace <c>shop</c> asks for.</summary>
/// <param name="Kind">What sort of name it is.</param>
/// <param name="Text">As the program writes it.</param>
/// <param name="Existing">The full name that is meant.</param>
internal sealed record DnsName(string Kind, string Text, string Existing)
{
    /// <summary>Four search domains: the three that kubelet writes, and one of the node's.</summary>
    public static IReadOnlyList<string> Domains { get; } = ["shop.svc.cluster.local", "svc.cluster.local", "cluster.local", "corp.example"];

    /// <summary>The names that programs use.</summary>
    public static IReadOnlyList<DnsName> All { get; } =
    [
        new("internal short", "api", "api.shop.svc.cluster.local"),
        new("internal, other namespace", "api.pay", "api.pay.svc.cluster.local"),
        new("internal FQDN", "api.pay.svc.cluster.local", "api.pay.svc.cluster.local"),
        new("external", "www.example.com", "www.example.com"),
        new("external, final dot", "www.example.com.", "www.example.com"),
    ];

    /// <summary>How many names are tried until this one is found.</summary>
    /// <param name="dots"><c>ndots</c>.</param>
    public IReadOnlyList<string> Tried(int dots) => new SearchList(Domains, dots).Tried(Text, Existing);
}
