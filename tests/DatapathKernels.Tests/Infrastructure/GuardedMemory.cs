using System.Runtime.InteropServices;

namespace DatapathKernels.Tests.Infrastructure;

/// <summary>
/// Memory between two inaccessible pages: a read or write one byte before the start or past the end of a span that lies
/// flush against them ends the process, so an out-of-bounds access cannot go unseen.
/// </summary>
public sealed unsafe partial class GuardedMemory : IDisposable
{
    private readonly byte* _mapping;
    private readonly nuint _mapped;
    private readonly nuint _page = (nuint)Environment.SystemPageSize;

    public GuardedMemory(int capacity)
    {
        Capacity = (int)(((nuint)capacity + _page - 1) / _page * _page);
        _mapped = (nuint)Capacity + 2 * _page;
        _mapping = OperatingSystem.IsWindows() ? MapWindows() : MapUnix();
    }

    /// <summary>Accessible bytes: the capacity asked for, rounded up to whole pages.</summary>
    public int Capacity { get; }

    private byte* First => _mapping + _page;

    /// <summary>The last <paramref name="length"/> bytes before the upper guard page.</summary>
    public Span<byte> AtEnd(int length) => new(First + Checked(length, Capacity - length), length);

    /// <summary>The first <paramref name="length"/> bytes after the lower guard page.</summary>
    public Span<byte> AtStart(int length) => new(First + Checked(length, 0), length);

    /// <summary>Copies <paramref name="bytes"/> flush against the upper guard page.</summary>
    public Span<byte> AtEnd(ReadOnlySpan<byte> bytes)
    {
        Span<byte> span = AtEnd(bytes.Length);
        bytes.CopyTo(span);
        return span;
    }

    /// <summary>Copies <paramref name="bytes"/> flush against the lower guard page.</summary>
    public Span<byte> AtStart(ReadOnlySpan<byte> bytes)
    {
        Span<byte> span = AtStart(bytes.Length);
        bytes.CopyTo(span);
        return span;
    }

    public void Dispose()
    {
        if (OperatingSystem.IsWindows())
            _ = VirtualFree(_mapping, 0, 0x8000);
        else
            _ = Munmap(_mapping, _mapped);
    }

    private int Checked(int length, int offset)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, Capacity);
        return offset;
    }

    private byte* MapUnix()
    {
        const int readWrite = 3, isPrivate = 2;
        int anonymous = OperatingSystem.IsLinux() ? 0x20 : 0x1000;
        void* mapping = Mmap(null, _mapped, readWrite, isPrivate | anonymous, -1, 0);
        if ((nint)mapping == -1
            || Mprotect(mapping, _page, 0) != 0
            || Mprotect((byte*)mapping + _mapped - _page, _page, 0) != 0)
        {
            throw new InvalidOperationException("the OS refused guard pages");
        }

        return (byte*)mapping;
    }

    private byte* MapWindows()
    {
        const uint commitReserve = 0x3000, readWrite = 4, noAccess = 1;
        byte* mapping = VirtualAlloc(null, _mapped, commitReserve, readWrite);
        if (mapping == null
            || VirtualProtect(mapping, _page, noAccess, out _) == 0
            || VirtualProtect(mapping + _mapped - _page, _page, noAccess, out _) == 0)
        {
            throw new InvalidOperationException("the OS refused guard pages");
        }

        return mapping;
    }

    [LibraryImport("libc", EntryPoint = "mmap")]
    private static partial void* Mmap(void* address, nuint length, int protection, int flags, int file, nint offset);

    [LibraryImport("libc", EntryPoint = "mprotect")]
    private static partial int Mprotect(void* address, nuint length, int protection);

    [LibraryImport("libc", EntryPoint = "munmap")]
    private static partial int Munmap(void* address, nuint length);

    [LibraryImport("kernel32")]
    private static partial byte* VirtualAlloc(void* address, nuint size, uint type, uint protection);

    [LibraryImport("kernel32")]
    private static partial int VirtualProtect(void* address, nuint size, uint protection, out uint old);

    [LibraryImport("kernel32")]
    private static partial int VirtualFree(void* address, nuint size, uint type);
}
