namespace DatapathKernels.Packets;

/// <summary>How far a walk over a list of options came.</summary>
public enum OptionStatus : byte
{
    /// <summary>All options so far were sound.</summary>
    Ok = 0,

    /// <summary>An option's length byte is missing, too small for it, or reaches beyond the list; the walk stopped before it.</summary>
    BadLength,
}
