using System.Runtime.CompilerServices;
using DatapathKernels.Diagnostics;

namespace DatapathKernels.LoadBalancing;

/// <summary>One table of a service and the backends its slots mean. Immutable.</summary>
/// <typeparam name="TBackend">What a flow is sent to.</typeparam>
public sealed class MaglevGeneration<TBackend>
    where TBackend : struct
{
    private const int Burst = 64;

    private readonly TBackend[] _backends;

    internal MaglevGeneration(MaglevTable table, ReadOnlySpan<TBackend> backends, long number)
    {
        ArgumentNullException.ThrowIfNull(table);
        if (backends.Length != table.BackendCount)
            Throw.Argument(nameof(backends), $"expected the {table.BackendCount} backends the table was built from");
        Table = table;
        Number = number;
        _backends = backends.ToArray();
    }

    /// <summary>The table.</summary>
    public MaglevTable Table { get; }

    /// <summary>The backends, in the order the table was built from.</summary>
    public ReadOnlySpan<TBackend> Backends => _backends;

    /// <summary>0 for the first generation, one more for each that follows.</summary>
    public long Number { get; }

    /// <summary>The backend of a flow.</summary>
    /// <param name="hash">The product's flow hash.</param>
    /// <param name="backend">The backend; default when there is none.</param>
    public MaglevStatus Lookup(uint hash, out TBackend backend)
    {
        int place = Table.Lookup(hash);
        backend = place < 0 ? default : _backends[place];
        return place < 0 ? MaglevStatus.NoBackend : MaglevStatus.Ok;
    }

    /// <summary>The backends of a burst: the same as one by one.</summary>
    /// <param name="hashes">The flow hashes.</param>
    /// <param name="backends">Receives one backend a hash.</param>
    /// <exception cref="ArgumentException">Fewer places than hashes.</exception>
    [SkipLocalsInit]
    public MaglevStatus Lookup(ReadOnlySpan<uint> hashes, Span<TBackend> backends)
    {
        if (backends.Length < hashes.Length)
            Throw.Argument(nameof(backends), "expected room for one backend a hash");
        if (Table.BackendCount == 0)
        {
            backends[..hashes.Length].Clear();
            return MaglevStatus.NoBackend;
        }

        Span<int> places = stackalloc int[Burst];
        while (!hashes.IsEmpty)
        {
            int count = Math.Min(Burst, hashes.Length);
            Table.Lookup(hashes[..count], places);
            for (int i = 0; i < count; i++)
                backends[i] = _backends[places[i]];
            hashes = hashes[count..];
            backends = backends[count..];
        }

        return MaglevStatus.Ok;
    }
}
