using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
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
        for (int i = 0; i < keys.Length; i++)
        {
            ref FlowKeyV4 flow = ref Unsafe.Add(ref key, i);
            Unsafe.Add(ref sources, i) = flow.SourceBe;
            Unsafe.Add(ref ports, i) = PortsOf(flow.SourcePortBe, flow.DestinationPortBe) & portMask;
            Unsafe.Add(ref protocols, i) = (uint)flow.Protocol;
        }
    }

    /// <summary>Source port in the low half, destination port in the high half, both raw.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint PortsOf(ushort sourcePortBe, ushort destinationPortBe) => sourcePortBe | ((uint)destinationPortBe << 16);

    /// <summary>The four words of an address.</summary>
    public static ReadOnlySpan<uint> Of(in IPv6Address address) => MemoryMarshal.Cast<IPv6Address, uint>(new ReadOnlySpan<IPv6Address>(in address));
}
