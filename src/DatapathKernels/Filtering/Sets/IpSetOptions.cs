namespace DatapathKernels.Filtering;

/// <summary>What <c>ipset create</c> says of a set besides name and type.</summary>
public readonly record struct IpSetOptions
{
    /// <summary>The defaults of ipset.</summary>
    public IpSetOptions()
    {
    }

    /// <summary><c>maxelem</c>: how many entries a hash holds; <c>size</c> of a list.</summary>
    public int MaxElements { get; init; } = 65536;

    /// <summary><c>timeout</c>, seconds: how long an entry stays that names no time of its own, 0 for ever; null when entries cannot time out.</summary>
    public uint? TimeoutSeconds { get; init; }

    /// <summary><c>netmask</c>, as a prefix length: what is kept of an address; null for all of it.</summary>
    public byte? NetMask { get; init; }

    /// <summary><c>range</c> of a bitmap: first address (number form) or port.</summary>
    public UInt128 First { get; init; }

    /// <summary><c>range</c> of a bitmap: last address or port.</summary>
    public UInt128 Last { get; init; }
}
