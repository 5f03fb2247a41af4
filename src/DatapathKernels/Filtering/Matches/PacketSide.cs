namespace DatapathKernels.Filtering;

/// <summary>Which end of a packet a test looks at.</summary>
public enum PacketSide : byte
{
    /// <summary>Where it comes from: source address or port.</summary>
    Source,

    /// <summary>Where it goes: destination address or port.</summary>
    Destination,

    /// <summary>Either of them (<c>multiport --ports</c>).</summary>
    Either,
}
