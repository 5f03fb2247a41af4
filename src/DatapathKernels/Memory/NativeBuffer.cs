using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using DatapathKernels.Diagnostics;

namespace DatapathKernels.Memory;

/// <summary>
/// A fixed block of zeroed native memory, aligned to a cache line, or to a huge page (2 MiB) once it is at least that large;
/// then huge pages are asked of the OS before the first touch (Linux <c>madvise(MADV_HUGEPAGE)</c>).
/// </summary>
/// <remarks>
/// Taken once at construction and given back by <see cref="Dispose"/> (or by the finalizer). Use after dispose is an
/// <see cref="ObjectDisposedException"/>. The collector never moves it, so it has no write barriers and no pinning cost.
/// </remarks>
public sealed unsafe class NativeBuffer : IDisposable
{
    /// <summary>Bytes in a cache line: the smallest alignment handed out.</summary>
    public const int CacheLine = 64;

    /// <summary>Bytes in a huge page.</summary>
    public const int HugePage = 2 << 20;

    private static long s_liveBytes;

    private byte* _pointer;

    /// <summary>Takes <paramref name="bytes"/> bytes of zeroed memory.</summary>
    /// <param name="bytes">Size in bytes, 1 or more.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="bytes"/> is zero.</exception>
    /// <exception cref="OutOfMemoryException">The OS has no such memory.</exception>
    public NativeBuffer(nuint bytes)
    {
        if (bytes == 0)
            Throw.OutOfRange(nameof(bytes), bytes, "a buffer holds at least one byte");
        Length = bytes;
        bool huge = bytes >= HugePage;
        _pointer = (byte*)NativeMemory.AlignedAlloc(bytes, (nuint)(huge ? HugePage : CacheLine));
        if (huge)
            HasHugePageAdvice = HugePages.Advise(_pointer, bytes);
        NativeMemory.Clear(_pointer, bytes);
        Interlocked.Add(ref s_liveBytes, (long)bytes);
        GC.AddMemoryPressure((long)bytes);
    }

    /// <summary>Gives the memory back if <see cref="Dispose"/> was forgotten.</summary>
    ~NativeBuffer() => Free();

    /// <summary>Size in bytes, exactly as asked for.</summary>
    public nuint Length { get; }

    /// <summary>True when the OS accepted the request for huge pages.</summary>
    public bool HasHugePageAdvice { get; }

    /// <summary>Bytes of all buffers that were not given back yet.</summary>
    internal static long LiveBytes => Volatile.Read(ref s_liveBytes);

    /// <summary>The first byte. Valid until <see cref="Dispose"/>.</summary>
    /// <exception cref="ObjectDisposedException">The buffer was disposed.</exception>
    public byte* Pointer
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get
        {
            if (_pointer == null)
                Throw.Disposed(nameof(NativeBuffer));
            return _pointer;
        }
    }

    /// <summary>Gives the memory back. Calling it twice is harmless.</summary>
    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        byte* pointer = _pointer;
        if (pointer == null)
            return;
        _pointer = null;
        NativeMemory.AlignedFree(pointer);
        Interlocked.Add(ref s_liveBytes, -(long)Length);
        GC.RemoveMemoryPressure((long)Length);
    }
}
