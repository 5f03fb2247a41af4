using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using DatapathKernels.Packets;

namespace DatapathKernels.LoadBalancing;

/// <summary>
/// The words that load balancers hash of up to 64 flows, in columns, as a little-endian CPU loads them from the wire. Lives
/// on the stack of a burst.
/// </summary>
internal struct FlowWords
{
    /// <summary>Flows at a time.</summary>
    public const int Capacity = 64;

    private const int Lanes = 16;

    private Column _sources, _ports, _protocols;

    [InlineArray(Capacity)]
    private struct Column
    {
        private uint _first;
    }

    /// <summary>Source addresses; hashes may be written over them.</summary>
    [UnscopedRef]
    public Span<uint> Sources => _sources;

    /// <summary>Source port in the low half, destination port in the high half, both raw.</summary>
    [UnscopedRef]
    public Span<uint> Ports => _ports;

    /// <summary>Protocols.</summary>
    [UnscopedRef]
    public Span<uint> Protocols => _protocols;

    /// <summary>Takes the words of the flows, at most <see cref="Capacity"/>.</summary>
    /// <param name="keys">The flows.</param>
    /// <param name="portMask">The bits of both ports that count.</param>
    public void Load(ReadOnlySpan<FlowKeyV4> keys, uint portMask)
    {
        Debug.Assert(keys.Length <= Capacity, "more flows than a column has room for");
        ref FlowKeyV4 key = ref MemoryMarshal.GetReference(keys);
        ref uint sources = ref _sources[0], ports = ref _ports[0], protocols = ref _protocols[0];
        // SAFE: i < keys.Length <= Capacity; every caller chunks by Capacity
        int i = 0;
        for (; Avx512F.IsSupported && i + Lanes <= keys.Length; i += Lanes)
        {
            ref uint words = ref Unsafe.As<FlowKeyV4, uint>(ref Unsafe.Add(ref key, i));
            Column512(ref words, 0).StoreUnsafe(ref sources, (nuint)i);
            (Column512(ref words, 2) & Vector512.Create(portMask)).StoreUnsafe(ref ports, (nuint)i);
            (Column512(ref words, 3) & Vector512.Create((uint)byte.MaxValue)).StoreUnsafe(ref protocols, (nuint)i);
        }

        for (; i < keys.Length; i++)
        {
            ref FlowKeyV4 flow = ref Unsafe.Add(ref key, i);
            Unsafe.Add(ref sources, i) = flow.SourceBe;
            Unsafe.Add(ref ports, i) = PortsOf(flow.SourcePortBe, flow.DestinationPortBe) & portMask;
            Unsafe.Add(ref protocols, i) = (uint)flow.Protocol;
        }
    }

    /// <summary>
    /// One word of each of 16 keys, which are four words long: address, address, ports, protocol (and the zone above it). Each permutation takes every fourth word of two vectors.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<uint> Column512(ref uint words, uint word)
    {
        Vector512<uint> everyFourth = (Vector512<uint>.Indices * 4) + Vector512.Create(word);
        Vector512<uint> low = Avx512F.PermuteVar16x32x2(Vector512.LoadUnsafe(ref words), everyFourth, Vector512.LoadUnsafe(ref words, 16));
        Vector512<uint> high = Avx512F.PermuteVar16x32x2(Vector512.LoadUnsafe(ref words, 32), everyFourth, Vector512.LoadUnsafe(ref words, 48));
        return Vector512.Create(low.GetLower(), high.GetLower());
    }

    /// <summary>Source port in the low half, destination port in the high half, both raw.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint PortsOf(ushort sourcePortBe, ushort destinationPortBe) => sourcePortBe | ((uint)destinationPortBe << 16);

    /// <summary>The four words of an address.</summary>
    public static ReadOnlySpan<uint> Of(in IPv6Address address) => MemoryMarshal.Cast<IPv6Address, uint>(new ReadOnlySpan<IPv6Address>(in address));
}
