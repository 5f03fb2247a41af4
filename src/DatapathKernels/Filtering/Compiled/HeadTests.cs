namespace DatapathKernels.Filtering;

/// <summary>The masked compares of one rule, either family, while it is compiled.</summary>
internal struct HeadTests
{
    public UInt128 SourceMask, Source, DestinationMask, Destination;
    public ulong TransportMask, Transport;

    /// <summary>Adds a compare of transport bits. False when it contradicts one that is there: the rule can never match.</summary>
    public bool TryAdd(ulong mask, ulong value)
    {
        if ((Transport & mask & TransportMask) != (value & TransportMask))
            return false;
        TransportMask |= mask;
        Transport |= value;
        return true;
    }
}
