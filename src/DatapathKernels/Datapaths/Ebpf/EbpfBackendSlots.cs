using System.Runtime.CompilerServices;
using DatapathKernels.Memory;
using DatapathKernels.Simd;

namespace DatapathKernels.Datapaths;

/// <summary>
/// Which backends each frontend has, a run of numbers each, one after another in one piece of memory: how many, then who (the slots of
/// <c>cilium_lb4_services_v2</c>, which are neighbours here). A new connection reads one line of it, or two.
/// </summary>
internal sealed unsafe class EbpfBackendSlots : IDisposable
{
    private NativeBuffer _memory = new(1024 * sizeof(int));
    private int* _slots;
    private int _used;

    public EbpfBackendSlots() => _slots = (int*)_memory.Pointer;

    public long MemoryBytes => (long)_memory.Length;

    /// <summary>Backends of the run that begins there.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Count(int first) => _slots[first];

    /// <summary>The backend in a place of a run, from 0 to its count, exclusive.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int BackendAt(int first, int place) => _slots[first + 1 + place];

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Prefetch(int first) => Simd.Prefetch.Read(_slots + first);

    /// <summary>Where a run begins that has these backends: in place of an old one where it is no longer, else behind all others.</summary>
    /// <param name="backends">Numbers of backends.</param>
    /// <param name="old">Where the old run begins; -1 for none.</param>
    /// <param name="first">Where it begins.</param>
    /// <returns>False when there is no room: <see cref="Clear"/>, and write all again.</returns>
    public bool TryWrite(ReadOnlySpan<int> backends, int old, out int first)
    {
        bool fits = old >= 0 && backends.Length <= _slots[old];
        first = fits ? old : _used;
        if (!fits && (nuint)(_used + backends.Length + 1) > _memory.Length / sizeof(int))
            return false;
        _slots[first] = backends.Length;
        backends.CopyTo(new Span<int>(_slots + first + 1, backends.Length));
        _used += fits ? 0 : backends.Length + 1;
        return true;
    }

    /// <summary>Forgets all runs, and makes room for twice as many slots as are needed now, so that this is seldom.</summary>
    public void Clear(int needed)
    {
        _memory.Dispose();
        _memory = new NativeBuffer((nuint)(2L * needed) * sizeof(int));
        _slots = (int*)_memory.Pointer;
        _used = 0;
    }

    public void Dispose()
    {
        _memory.Dispose();
        _slots = null;
    }
}
