using DatapathKernels.Maps;

namespace DatapathKernels.Tests.Maps;

/// <summary>A map from small numbers to numbers, whatever it is made of, as <see cref="MapStress"/> drives it.</summary>
internal abstract class StressedMap : IDisposable
{
    /// <summary>Called with every entry the map gives up by itself.</summary>
    public Action<uint, ulong>? Evicted { get; set; }

    /// <summary>Whether it gives up entries rather than refuse new ones.</summary>
    public virtual bool Evicts => false;

    public abstract int Count { get; }

    public abstract MapError Lookup(uint key, out ulong value);

    public abstract MapError Update(uint key, ulong value, MapUpdate flags);

    public abstract MapError Delete(uint key);

    /// <summary>The key after one, the first for null.</summary>
    public abstract MapError Next(uint? key, out uint next);

    public abstract void Dispose();
}
