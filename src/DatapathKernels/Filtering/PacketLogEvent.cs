using DatapathKernels.Packets;

namespace DatapathKernels.Filtering;

/// <summary>A packet that met LOG, NFLOG or TRACE. Valid during the call that hands it over.</summary>
public readonly ref struct PacketLogEvent
{
    internal PacketLogEvent(LogTarget target, Chain chain, int rule, ReadOnlySpan<byte> frame, in PacketInfo info, in PacketMeta meta)
    {
        Target = target;
        Chain = chain;
        Rule = rule;
        Frame = frame;
        Info = info;
        Meta = meta;
    }

    /// <summary>Kind, prefix, level and group.</summary>
    public LogTarget Target { get; }

    /// <summary>The chain of the rule.</summary>
    public Chain Chain { get; }

    /// <summary>The rule's number, for <see cref="ChainMatcher.RuleAt"/>.</summary>
    public int Rule { get; }

    /// <summary>The frame as it is at that rule.</summary>
    public ReadOnlySpan<byte> Frame { get; }

    /// <summary>What the parse found in it.</summary>
    public PacketInfo Info { get; }

    /// <summary>What the node knows of it at that rule.</summary>
    public PacketMeta Meta { get; }
}
