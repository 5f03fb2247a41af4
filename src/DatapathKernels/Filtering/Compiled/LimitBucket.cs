namespace DatapathKernels.Filtering;

/// <summary>What one <c>limit</c> remembers. A rule starts with a full bucket.</summary>
internal struct LimitBucket
{
    public long LastMs;
    public uint Credit;
    public bool Started;
}
