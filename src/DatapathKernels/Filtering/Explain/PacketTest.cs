namespace DatapathKernels.Filtering;

/// <summary>One comparison of a rule in words.</summary>
/// <param name="Field">What is compared, for example <c>destination</c>.</param>
/// <param name="Packet">The packet's value.</param>
/// <param name="Rule">What the rule asks for.</param>
/// <param name="Negated">True when it asks for anything else.</param>
/// <param name="Fits">Whether the packet's value is the rule's, negation aside; null for a test with a memory or a draw, which only the walk can tell.</param>
internal readonly record struct PacketTest(string Field, string Packet, string Rule, bool Negated, bool? Fits)
{
    public bool Differs => Fits is { } fits && fits == Negated;

    /// <summary>For example <c>destination 10.0.0.1 is not 10.96.0.0/12</c>.</summary>
    public string Difference => $"{Field}{(Packet.Length > 0 ? " " : "")}{Packet} {(Negated ? "is" : "is not")} {Rule}";

    /// <summary>For example <c>destination not 10.96.0.0/12</c>.</summary>
    public string Asked => $"{Field} {(Negated ? "not " : "")}{Rule}";
}
