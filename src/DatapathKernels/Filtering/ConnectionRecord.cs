using DatapathKernels.Packets;

namespace DatapathKernels.Filtering;

/// <summary>
/// What the <c>conntrack</c> match can ask of a packet's connection besides state, status and mark, which are in
/// <see cref="PacketMeta"/>. Asked for only by rulesets that look at it.
/// </summary>
public record struct ConnectionRecord
{
    /// <summary>The tuple of the connection's first packet.</summary>
    public ConnectionTuple Original { get; set; }

    /// <summary>The tuple its replies are expected with: translations show here.</summary>
    public ConnectionTuple Reply { get; set; }

    /// <summary>Its protocol.</summary>
    public IpProtocol Protocol { get; set; }

    /// <summary>True when this packet goes in the direction of replies.</summary>
    public bool IsReply { get; set; }

    /// <summary>Whole seconds until the connection expires.</summary>
    public uint ExpiresInSeconds { get; set; }
}
