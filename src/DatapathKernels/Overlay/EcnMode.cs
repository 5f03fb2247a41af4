namespace DatapathKernels.Overlay;

/// <summary>What the outer header says of congestion when a packet goes into a tunnel.</summary>
public enum EcnMode : byte
{
    /// <summary>The inner codepoint, but ECT(0) for one that met congestion already (<c>INET_ECN_encapsulate</c>, RFC 3168's full functionality).</summary>
    Linux,

    /// <summary>The inner codepoint: RFC 6040's normal mode.</summary>
    Normal,

    /// <summary>Not-ECT: RFC 6040's compatibility mode, for a far end that would not take congestion over.</summary>
    Compatibility,
}
