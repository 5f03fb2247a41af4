namespace DatapathKernels.Filtering;

/// <summary>What became of an entry that was to be added.</summary>
public enum IpSetStatus : byte
{
    /// <summary>It was added, or renewed where that was asked for.</summary>
    Ok = 0,

    /// <summary>It is there already.</summary>
    Exists,

    /// <summary>The set holds <see cref="IpSetOptions.MaxElements"/> entries.</summary>
    Full,

    /// <summary>It lies outside the range of a bitmap.</summary>
    OutOfRange,

    /// <summary>No such entry can be in a set of this kind: a prefix length of zero, the address 0.0.0.0, a set within itself.</summary>
    Invalid,
}
