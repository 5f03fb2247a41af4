using System.Runtime.CompilerServices;
using DatapathKernels.Diagnostics;
using DatapathKernels.Hashing;
using DatapathKernels.Packets;

namespace DatapathKernels.LoadBalancing;

/// <content>The hash that picks a slot.</content>
public sealed partial class CiliumMaglev
{
    /// <summary>
    /// The slot hash of a flow from client to service: source address, both ports and protocol. The destination address is
    /// not part of it, so a client meets the same backend behind every address of a service.
    /// </summary>
    /// <param name="key">The flow as the client sends it.</param>
    /// <param name="affinity">True for a service with session affinity: the client's port is left out.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public uint Hash(in FlowKeyV4 key, bool affinity = false) =>
        JenkinsHash.Words(key.SourceBe, FlowWords.PortsOf(ClientPort(key.SourcePortBe, affinity), key.DestinationPortBe), (uint)key.Protocol, _seedV4);

    /// <inheritdoc cref="Hash(in FlowKeyV4, bool)"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public uint Hash(in FlowKeyV6 key, bool affinity = false)
    {
        ReadOnlySpan<uint> source = FlowWords.Of(key.Source);
        uint a = source[0], b = source[1], c = source[2];
        JenkinsHash.Mix(ref a, ref b, ref c);
        a += source[3];
        b += FlowWords.PortsOf(ClientPort(key.SourcePortBe, affinity), key.DestinationPortBe);
        c += (uint)key.Protocol;
        JenkinsHash.Mix(ref a, ref b, ref c);
        return JenkinsHash.Final(a + _seedV6, b, c);
    }

    /// <summary>
    /// Picks the backend of every flow: hash and lookup, the same as one by one.
    /// </summary>
    /// <param name="table">A table of this seed.</param>
    /// <param name="keys">The flows as the clients send them.</param>
    /// <param name="backends">Receives one backend a flow.</param>
    /// <param name="affinity">True for services with session affinity.</param>
    /// <exception cref="ArgumentException">Fewer places than flows.</exception>
    public void Lookup(MaglevTable table, ReadOnlySpan<FlowKeyV4> keys, Span<int> backends, bool affinity = false)
    {
        Check(table, keys.Length, backends);
        Unsafe.SkipInit(out FlowWords words);
        uint portMask = FlowWords.PortsOf(ClientPort(ushort.MaxValue, affinity), ushort.MaxValue);
        for (; !keys.IsEmpty; keys = keys[Math.Min(FlowWords.Capacity, keys.Length)..])
        {
            int count = Math.Min(FlowWords.Capacity, keys.Length);
            words.Load(keys[..count], portMask);
            Span<uint> hashes = words.Sources[..count];
            JenkinsHash.Words(hashes, words.Ports[..count], words.Protocols[..count], _seedV4, hashes);
            table.Lookup(hashes, backends);
            backends = backends[count..];
        }
    }

    /// <inheritdoc cref="Lookup(MaglevTable, ReadOnlySpan{FlowKeyV4}, Span{int}, bool)"/>
    public void Lookup(MaglevTable table, ReadOnlySpan<FlowKeyV6> keys, Span<int> backends, bool affinity = false)
    {
        Check(table, keys.Length, backends);
        for (int i = 0; i < keys.Length; i++)
            backends[i] = table.Lookup(Hash(keys[i], affinity));
    }

    private static ushort ClientPort(ushort portBe, bool affinity) => affinity ? (ushort)0 : portBe;

    private static void Check(MaglevTable table, int keys, Span<int> backends)
    {
        ArgumentNullException.ThrowIfNull(table);
        if (backends.Length < keys)
            Throw.Argument(nameof(backends), "expected room for one backend a flow");
    }
}
