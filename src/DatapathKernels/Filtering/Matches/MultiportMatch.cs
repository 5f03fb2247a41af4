namespace DatapathKernels.Filtering;

/// <summary><c>-m multiport</c>: up to 15 ports, a range counting as two.</summary>
/// <param name="Side"><c>--sports</c>, <c>--dports</c> or <c>--ports</c>.</param>
/// <param name="Ports">The ports and ranges.</param>
/// <param name="Negated">True for <c>! --dports</c>.</param>
public sealed record MultiportMatch(PacketSide Side, IReadOnlyList<PortRange> Ports, bool Negated = false) : RuleMatch
{
    /// <summary>True when both have the same side, ports in the same order, and negation.</summary>
    public bool Equals(MultiportMatch? other)
    {
        if (other is null || Side != other.Side || Negated != other.Negated || Ports.Count != other.Ports.Count)
            return false;
        for (int i = 0; i < Ports.Count; i++)
        {
            if (Ports[i] != other.Ports[i])
                return false;
        }

        return true;
    }

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Side, Negated, Ports.Count, Ports.Count > 0 ? Ports[0] : default);
}
