using DatapathKernels.Diagnostics;

namespace DatapathKernels.LoadBalancing;

/// <summary>
/// The Maglev table of a service in use while the next one is built: readers on any number of threads, publishing by one reference write, as
/// RCU does it and Katran and Cilium with a map in a map.
/// </summary>
/// <remarks>
/// A lookup reads the reference once, and a burst does so for all of its flows: it sees one generation whole, table and backends, never half of
/// two. Readers take no lock and never wait; a generation that nobody reads any more is garbage. Building is the caller's, beside the packet path.
/// </remarks>
/// <typeparam name="TBackend">What a flow is sent to.</typeparam>
public sealed class PublishedMaglev<TBackend>
    where TBackend : struct
{
    private MaglevGeneration<TBackend> _current;
    private long _unserved;

    /// <summary>Publishes the first generation.</summary>
    /// <param name="table">The table.</param>
    /// <param name="backends">Its backends, in the order it was built from; copied.</param>
    /// <exception cref="ArgumentException">Not one backend for each of the table's.</exception>
    public PublishedMaglev(MaglevTable table, ReadOnlySpan<TBackend> backends) => _current = new(table, backends, 0);

    /// <summary>The generation in use. Later ones do not change it.</summary>
    public MaglevGeneration<TBackend> Current => Volatile.Read(ref _current);

    /// <summary>Flows that met a table without backends, of all threads.</summary>
    public long Unserved => Volatile.Read(ref _unserved);

    /// <summary>Puts a table in the place of the current one. Threads may publish at once: every generation has its number, and the highest stays.</summary>
    /// <param name="table">The table, of any size.</param>
    /// <param name="backends">Its backends, in the order it was built from; copied.</param>
    /// <returns>The generation made.</returns>
    /// <exception cref="ArgumentException">Not one backend for each of the table's.</exception>
    public MaglevGeneration<TBackend> Publish(MaglevTable table, ReadOnlySpan<TBackend> backends)
    {
        MaglevGeneration<TBackend> seen = Current;
        while (true)
        {
            MaglevGeneration<TBackend> next = new(table, backends, seen.Number + 1);
            MaglevGeneration<TBackend> found = Interlocked.CompareExchange(ref _current, next, seen);
            if (ReferenceEquals(found, seen))
                return next;
            seen = found;
        }
    }

    /// <summary>The backend of a flow.</summary>
    /// <param name="hash">The product's flow hash.</param>
    /// <param name="backend">The backend; default when there is none.</param>
    /// <returns><see cref="MaglevStatus.NoBackend"/> when the table has none; the flow is counted then.</returns>
    public MaglevStatus Lookup(uint hash, out TBackend backend)
    {
        MaglevStatus status = Current.Lookup(hash, out backend);
        if (status != MaglevStatus.Ok)
            Interlocked.Increment(ref _unserved);
        return status;
    }

    /// <summary>The backends of a burst, all of one generation: the same as one by one while nothing is published.</summary>
    /// <param name="hashes">The flow hashes.</param>
    /// <param name="backends">Receives one backend a hash.</param>
    /// <returns><see cref="MaglevStatus.NoBackend"/> when the table has none: every flow is counted, and every place is default.</returns>
    /// <exception cref="ArgumentException">Fewer places than hashes.</exception>
    public MaglevStatus Lookup(ReadOnlySpan<uint> hashes, Span<TBackend> backends)
    {
        if (backends.Length < hashes.Length)
            Throw.Argument(nameof(backends), "expected room for one backend a hash");
        MaglevStatus status = Current.Lookup(hashes, backends);
        if (status != MaglevStatus.Ok)
            Interlocked.Add(ref _unserved, hashes.Length);
        return status;
    }
}
