using System.Net;
using System.Runtime.CompilerServices;
using DatapathKernels.Diagnostics;
using DatapathKernels.Memory;
using DatapathKernels.Packets;
using DatapathKernels.Simd;

namespace DatapathKernels.Datapaths;

/// <summary>Every backend once, by number (<c>cilium_lb4_backends_v3</c>). It grows between bursts; numbers are for good.</summary>
internal sealed unsafe class EbpfBackendTable : IDisposable
{
    private readonly Dictionary<(IPv6Address, ushort), int> _numbers = [];
    private NativeBuffer _memory = new(64 * (nuint)sizeof(EbpfBackend));
    private EbpfBackend* _backends;

    public EbpfBackendTable() => _backends = (EbpfBackend*)_memory.Pointer;

    public long MemoryBytes => (long)_memory.Length;

    /// <summary>The backend of a number that was given out.</summary>
    public ref EbpfBackend this[int number]
    {
        // SAFE: numbers come from NumberOf, and the table only grows.
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => ref _backends[number];
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Prefetch(int number) => Simd.Prefetch.Read(_backends + number);

    /// <summary>The number of an address and port, a new one where it has none.</summary>
    /// <exception cref="InvalidOperationException">There are as many as a connection can say.</exception>
    public int NumberOf(IPEndPoint endPoint)
    {
        IPv6Address address = new(endPoint.Address.MapToIPv6().GetAddressBytes());
        ushort portBe = (ushort)IPAddress.HostToNetworkOrder((short)endPoint.Port);
        if (_numbers.TryGetValue((address, portBe), out int number))
            return number;
        number = _numbers.Count;
        if (number == EbpfConnection.MaxNumber)
            Throw.InvalidOperation($"the backend map is full with {number} backends");
        if ((nuint)number == _memory.Length / (nuint)sizeof(EbpfBackend))
            Grow();
        _numbers.Add((address, portBe), number);
        _backends[number] = new EbpfBackend { Address = address, PortBe = portBe };
        return number;
    }

    public void Dispose()
    {
        _memory.Dispose();
        _backends = null;
    }

    private void Grow()
    {
        NativeBuffer larger = new(2 * _memory.Length);
        Buffer.MemoryCopy(_memory.Pointer, larger.Pointer, larger.Length, _memory.Length);
        _memory.Dispose();
        _memory = larger;
        _backends = (EbpfBackend*)larger.Pointer;
    }
}
