using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using DatapathKernels.Diagnostics;
using DatapathKernels.Hashing;
using DatapathKernels.Packets;

namespace DatapathKernels.LoadBalancing;

/// <content>The hash that picks a slot (<c>balancer_helpers.h</c>).</content>
public static partial class KatranMaglev
{
    private const uint AddressSeed = 512, FlowSeed = 512u * DefaultSize;

    /// <summary>The slot hash of a flow from client to service: source address and both ports, not the destination address.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Hash(in FlowKeyV4 key) =>
        JenkinsHash.Words(key.SourceBe, FlowWords.PortsOf(key.SourcePortBe, key.DestinationPortBe), FlowSeed);

    /// <inheritdoc cref="Hash(in FlowKeyV4)"/>
    public static uint Hash(in FlowKeyV6 key)
    {
        uint address = JenkinsHash.Bytes(MemoryMarshal.AsBytes(FlowWords.Of(key.Source)), AddressSeed);
        return JenkinsHash.Words(address, FlowWords.PortsOf(key.SourcePortBe, key.DestinationPortBe), FlowSeed);
    }

    /// <summary>What <see cref="Hash(in FlowKeyV4)"/> takes of a flow at a virtual address that looks at some of its ports.</summary>
    /// <param name="key">The flow as the client sends it.</param>
    /// <param name="ports">The ports that count.</param>
    public static FlowKeyV4 KeyOf(in FlowKeyV4 key, KatranPorts ports) => ports switch
    {
        KatranPorts.Source => new(key.SourceBe, key.DestinationBe, key.SourcePortBe, 0, key.Protocol),
        KatranPorts.Destination => new(0, key.DestinationBe, key.DestinationPortBe, key.DestinationPortBe, key.Protocol),
        _ => key,
    };

    /// <inheritdoc cref="KeyOf(in FlowKeyV4, KatranPorts)"/>
    public static FlowKeyV6 KeyOf(in FlowKeyV6 key, KatranPorts ports) => ports switch
    {
        KatranPorts.Source => new(key.Source, key.Destination, key.SourcePortBe, 0, key.Protocol),
        KatranPorts.Destination => new(default, key.Destination, key.DestinationPortBe, key.DestinationPortBe, key.Protocol),
        _ => key,
    };

    /// <summary>Picks the backend of every flow: hash and lookup, the same as one by one.</summary>
    /// <param name="table">The service's ring.</param>
    /// <param name="keys">The flows as the clients send them.</param>
    /// <param name="backends">Receives one backend a flow.</param>
    /// <exception cref="ArgumentException">Fewer places than flows.</exception>
    public static void Lookup(MaglevTable table, ReadOnlySpan<FlowKeyV4> keys, Span<int> backends)
    {
        Check(table, keys.Length, backends);
        Unsafe.SkipInit(out FlowWords words);
        for (; !keys.IsEmpty; keys = keys[Math.Min(FlowWords.Capacity, keys.Length)..])
        {
            int count = Math.Min(FlowWords.Capacity, keys.Length);
            words.Load(keys[..count], uint.MaxValue);
            Span<uint> hashes = words.Sources[..count], none = words.Protocols[..count];
            none.Clear();

            // Two words hash as three of which the last is zero, up to the length in the initial value.
            JenkinsHash.Words(hashes, words.Ports[..count], none, FlowSeed - 4, hashes);
            table.Lookup(hashes, backends);
            backends = backends[count..];
        }
    }

    /// <inheritdoc cref="Lookup(MaglevTable, ReadOnlySpan{FlowKeyV4}, Span{int})"/>
    public static void Lookup(MaglevTable table, ReadOnlySpan<FlowKeyV6> keys, Span<int> backends)
    {
        Check(table, keys.Length, backends);
        for (int i = 0; i < keys.Length; i++)
            backends[i] = table.Lookup(Hash(keys[i]));
    }

    private static void Check(MaglevTable table, int keys, Span<int> backends)
    {
        ArgumentNullException.ThrowIfNull(table);
        if (backends.Length < keys)
            Throw.Argument(nameof(backends), "expected room for one backend a flow");
    }
}
