namespace DatapathKernels.Filtering;

/// <summary>The tables of iptables, in the order in which one hook runs them.</summary>
public enum TableKind : byte
{
    /// <summary><c>raw</c>: before connection tracking; PREROUTING and OUTPUT.</summary>
    Raw,

    /// <summary><c>mangle</c>: changes packets; every hook.</summary>
    Mangle,

    /// <summary><c>nat</c>: address translation, first packet of a connection only; every hook but FORWARD.</summary>
    Nat,

    /// <summary><c>filter</c>: accepts and drops; INPUT, FORWARD, OUTPUT.</summary>
    Filter,

    /// <summary><c>security</c>: mandatory access control marks; INPUT, FORWARD, OUTPUT.</summary>
    Security,
}
