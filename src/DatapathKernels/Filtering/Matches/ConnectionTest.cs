namespace DatapathKernels.Filtering;

/// <summary>One option of <c>-m conntrack</c> that looks at the connection's record: masked value from low to high.</summary>
/// <param name="Field">What is compared.</param>
/// <param name="Low">Lowest value; of an address the masked one.</param>
/// <param name="High">Highest value; of an address the same.</param>
/// <param name="Mask">The mask of an address (see <see cref="IpNetwork"/>); all ones for the rest.</param>
/// <param name="Negated">True for <c>!</c>.</param>
/// <param name="Family">The family of an address.</param>
public readonly record struct ConnectionTest(
    ConnectionField Field, UInt128 Low, UInt128 High, UInt128 Mask, bool Negated, IpFamily Family = IpFamily.V4)
{
    /// <summary>An address in a network.</summary>
    public static ConnectionTest OfNetwork(ConnectionField field, IpNetwork network, bool negated = false) =>
        new(field, network.Address, network.Address, network.Mask, negated, network.Family);

    /// <summary>A number from low to high.</summary>
    public static ConnectionTest OfRange(ConnectionField field, uint low, uint high, bool negated = false) =>
        new(field, low, high, UInt128.MaxValue, negated);

    /// <summary>True when the record fits.</summary>
    public bool Fits(in ConnectionRecord record)
    {
        UInt128 value = ValueIn(record) & Mask;
        return (value >= Low && value <= High) != Negated;
    }

    /// <summary>The value that is compared.</summary>
    public UInt128 ValueIn(in ConnectionRecord record) => Field switch
    {
        ConnectionField.Protocol => (byte)record.Protocol,
        ConnectionField.OriginalSource => record.Original.Source,
        ConnectionField.OriginalDestination => record.Original.Destination,
        ConnectionField.ReplySource => record.Reply.Source,
        ConnectionField.ReplyDestination => record.Reply.Destination,
        ConnectionField.OriginalSourcePort => record.Original.SourcePort,
        ConnectionField.OriginalDestinationPort => record.Original.DestinationPort,
        ConnectionField.ReplySourcePort => record.Reply.SourcePort,
        ConnectionField.ReplyDestinationPort => record.Reply.DestinationPort,
        ConnectionField.Expiry => record.ExpiresInSeconds,
        _ => record.IsReply ? 1u : 0u,
    };
}
