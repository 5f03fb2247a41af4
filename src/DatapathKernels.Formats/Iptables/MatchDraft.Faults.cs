using DatapathKernels.Filtering;

namespace DatapathKernels.Formats.Iptables;

/// <content>What iptables, or the kernel when it is handed the rule, refuses once all options of an extension are read.</content>
internal sealed partial class MatchDraft
{
    private const AddressTypes NotOfV6 = AddressTypes.Broadcast | AddressTypes.Blackhole | AddressTypes.Prohibit | AddressTypes.Throw | AddressTypes.Nat | AddressTypes.Resolve;

    /// <summary>True for the options that take no <c>!</c>.</summary>
    public static bool IsOneWay(ReadOnlySpan<char> option) => option is "--comment" or "--limit" or "--limit-burst" or "--mode"
        or "--packet" or "--seconds" or "--hitcount" or "--reap" or "--rttl" or "--name" or "--rsource" or "--rdest" or "--mask"
        or "--ttl-lt" or "--ttl-gt" or "--hl-lt" or "--hl-gt" or "--ctdir";

    /// <summary>What is wrong with the extension as a whole; null when it is whole, or kept by name.</summary>
    public string? FaultOf(IpFamily family) => IsUnknown ? null : _module switch
    {
        "tcp" or "udp" or "udplite" or "sctp" or "dccp" or "limit" => null,
        "statistic" => BuildStatistic() is not null ? null
            : "expected --mode random with --probability, or --mode nth with --every and a --packet less than it, in -m statistic",
        "recent" => FaultOfRecent(family),
        "addrtype" when family == IpFamily.V6 && ((_sourceTypes | _destinationTypes) & NotOfV6) != 0 =>
            "expected address types of IPv6, which has no BROADCAST, BLACKHOLE, PROHIBIT, THROW, NAT or XRESOLVE",
        _ => _seen ? null : $"expected -m {_module} with an option that says what it looks for",
    };

    private string? FaultOfRecent(IpFamily family)
    {
        bool looks = _recent is RecentMode.Check or RecentMode.Update;
        if (_recent is null)
            return "expected one of --set, --rcheck, --update and --remove in -m recent";
        if (!looks && (_seconds | _hitCount) != 0)
            return "expected --rcheck or --update in -m recent with --seconds or --hitcount";
        if (!looks && _sameTtl)
            return "expected --rcheck or --update in -m recent with --rttl";
        if (_reap && _seconds == 0)
            return "expected --seconds in -m recent with --reap";
        if (_name.Contains('/', StringComparison.Ordinal) || _name is "." or "..")
            return $"expected the name of a list that can be a file's, found '{_name}'";
        return family == IpFamily.V4 && _recentMask > uint.MaxValue ? "expected a mask of IPv4 in -m recent" : null;
    }
}
