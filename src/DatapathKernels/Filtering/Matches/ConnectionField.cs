namespace DatapathKernels.Filtering;

/// <summary>What of a <see cref="ConnectionRecord"/> is compared, in the order iptables-save writes the options.</summary>
public enum ConnectionField : byte
{
    /// <summary><c>--ctproto</c>.</summary>
    Protocol,

    /// <summary><c>--ctorigsrc</c>.</summary>
    OriginalSource,

    /// <summary><c>--ctorigdst</c>.</summary>
    OriginalDestination,

    /// <summary><c>--ctreplsrc</c>.</summary>
    ReplySource,

    /// <summary><c>--ctrepldst</c>.</summary>
    ReplyDestination,

    /// <summary><c>--ctorigsrcport</c>.</summary>
    OriginalSourcePort,

    /// <summary><c>--ctorigdstport</c>.</summary>
    OriginalDestinationPort,

    /// <summary><c>--ctreplsrcport</c>.</summary>
    ReplySourcePort,

    /// <summary><c>--ctrepldstport</c>.</summary>
    ReplyDestinationPort,

    /// <summary><c>--ctexpire</c>, seconds.</summary>
    Expiry,

    /// <summary><c>--ctdir</c>: 0 original, 1 reply.</summary>
    Direction,
}
