using System.Net;
using System.Text.Json;
using DatapathKernels.LoadBalancing;
using DatapathKernels.Packets;
using DatapathKernels.Tests.Infrastructure;
using Xunit;

namespace DatapathKernels.Tests.LoadBalancing;

/// <summary>The tables in Cilium's own tests.</summary>
public class CiliumPeerTests
{
    [CorpusFact]
    public void Slots_and_counts()
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(Corpus.PathOf("peers", "cilium", "maglev.json")));
        JsonElement root = document.RootElement;
        CiliumBackend[] backends = [.. root.GetProperty("backends").EnumerateArray().Select(Backend)];
        MaglevTable table = new CiliumMaglev().Build(backends, root.GetProperty("table_size").GetInt32());
        int[] expected = [.. root.GetProperty("table").EnumerateArray().Select(slot => slot.GetInt32())];
        Assert.Equal(expected, Enumerable.Range(0, table.Size).Select(slot => table[slot]));
        Assert.Equal(root.GetProperty("slot_counts").EnumerateObject().Select(count => count.Value.GetInt32()), table.SlotCounts());
    }

    private static CiliumBackend Backend(JsonElement backend)
    {
        IPEndPoint end = IPEndPoint.Parse(backend.GetProperty("addr").GetString()!.Split('/')[0]);
        return new(end.Address, (ushort)end.Port, IpProtocol.Tcp, backend.GetProperty("weight").GetUInt32());
    }
}
