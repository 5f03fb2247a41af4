using System.Runtime.CompilerServices;

namespace DatapathKernels.Maps;

public sealed unsafe partial class FlowMap<TKey, TValue>
{
    /// <summary>Asks the memory for the bucket of a place.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void PrefetchPlace(nuint place) => PrefetchBucket(_buckets + (place / PlacesPerBucket * (nuint)BucketBytes));
}
