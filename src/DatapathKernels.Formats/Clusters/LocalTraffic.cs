namespace DatapathKernels.Formats.Clusters;

/// <summary>
/// How a proxy tells the traffic of the node's own pods from other traffic (<c>--detect-local-mode</c>): by the range of their
/// addresses or by the interface they come in by. Neither: not at all.
/// </summary>
/// <param name="Range">The range, for example <c>10.244.0.0/16</c>; null when the interface says it.</param>
/// <param name="Interface">The interface's name, or the start of one with <c>+</c> behind it; null when the range says it.</param>
internal readonly record struct LocalTraffic(string? Range, string? Interface)
{
    /// <summary>False without a local detector: rules that need one are left out.</summary>
    public bool IsDetected => Range is not null || Interface is not null;

    /// <summary>The rule for traffic of local pods.</summary>
    public KubeRule If(in KubeRule rule) => rule with { Source = Range, Interface = Interface };

    /// <summary>The rule for traffic that is not.</summary>
    public KubeRule IfNot(in KubeRule rule) => rule with { Source = Range, NotSource = Range is not null, Interface = Interface, NotInterface = Interface is not null };

    /// <inheritdoc cref="IfNot(in KubeRule)"/>
    public KubeSetRule IfNot(in KubeSetRule rule) => rule with { Source = Range, NotSource = Range is not null, Interface = Interface, NotInterface = Interface is not null };

    /// <summary>The expression of nftables for traffic of local pods.</summary>
    public string IfNft(string ip) => Nft(ip, "");

    /// <summary>The expression of nftables for traffic that is not.</summary>
    public string IfNotNft(string ip) => Nft(ip, "!= ");

    private string Nft(string ip, string not) => Interface is null ? $"{ip} saddr {not}{Range}" : $"iifname {not}\"{Interface.Replace('+', '*')}\"";
}
