using System.Net;
using DatapathKernels.LoadBalancing;
using DatapathKernels.Packets;

namespace DatapathKernels.Bench.Scenarios.LongLived;

/// <summary>Cilium's Maglev table: the connection's addresses and ports choose.</summary>
internal sealed class MaglevChooser : IBackendChooser
{
    private readonly CiliumMaglev _maglev = new();
    private MaglevTable? _table;

    /// <inheritdoc/>
    public void Grow(int backends) => _table = _maglev.Build(
        [.. Enumerable.Range(0, backends).Select(i => new CiliumBackend(new IPAddress([10, 128, (byte)(1 + (i >> 8)), (byte)i]), 8080, IpProtocol.Tcp))]);

    /// <inheritdoc/>
    public int Choose(uint client, ushort port) =>
        _table!.Lookup(_maglev.Hash(new FlowKeyV4(Swap(client), Swap(0x0a60000a), (ushort)((port << 8) | (port >> 8)), 80 << 8, IpProtocol.Tcp)));

    /// <inheritdoc/>
    public void Opened(int backend)
    {
    }

    /// <inheritdoc/>
    public void Closed(int backend)
    {
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }

    private static uint Swap(uint word) => System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(word);
}
