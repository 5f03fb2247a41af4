namespace DatapathKernels.Filtering.Nft;

/// <summary>The families of tables that filter IP.</summary>
public enum NftFamily : byte
{
    /// <summary><c>ip</c>: IPv4.</summary>
    Ip,

    /// <summary><c>ip6</c>: IPv6.</summary>
    Ip6,

    /// <summary><c>inet</c>: both. A test of one family's addresses fits no packet of the other.</summary>
    Inet,
}
