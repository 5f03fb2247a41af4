using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text.Json;
using DatapathKernels.LoadBalancing;
using DatapathKernels.Packets;
using DatapathKernels.Tests.Infrastructure;
using Xunit;

namespace DatapathKernels.Tests.LoadBalancing;

/// <summary>The tables and flow hashes of the paper, of Cilium and of Katran.</summary>
public class MaglevVectorTests
{
    [Fact]
    public void The_paper()
    {
        foreach (JsonElement row in Vectors.Load("algorithms/maglev-paper.json").GetProperty("cases").EnumerateArray())
        {
            MaglevPermutation[] permutations = [.. row.GetProperty("offsetSkip").EnumerateArray().Select(p => new MaglevPermutation(p[0].GetUInt32(), p[1].GetUInt32()))];
            CheckTable(row, Slots(PaperMaglev.Build(permutations, row.GetProperty("M").GetInt32())));
        }
    }

    [Fact]
    public void Cilium_tables()
    {
        JsonElement file = Vectors.Load("algorithms/maglev-cilium.json");
        CiliumMaglev maglev = new(file.GetProperty("hashSeed").GetString()!);
        foreach (JsonElement row in file.GetProperty("cases").EnumerateArray())
        {
            JsonElement[] backends = [.. row.GetProperty("backends").EnumerateArray()];
            CiliumBackend[] list = [.. backends.Select(Backend)];
            Assert.Equal(backends.Select(b => b.GetProperty("hash").GetString()), list.Select(b => b.Identity));
            int[] ids = [.. backends.Select(b => b.GetProperty("id").GetInt32())];
            MaglevTable table = maglev.Build(list, row.GetProperty("M").GetInt32());
            CheckTable(row, [.. Slots(table).Select(place => ids[place])]);
        }
    }

    [Fact]
    public void Cilium_permutations()
    {
        JsonElement file = Vectors.Load("algorithms/maglev-cilium.json");
        CiliumMaglev maglev = new(file.GetProperty("hashSeed").GetString()!);
        foreach (JsonElement row in file.GetProperty("offsetSkip").EnumerateArray())
        {
            string[] parts = row[0].GetString()![1..].Split("/TCP");
            CiliumBackend backend = new(IPEndPoint.Parse(parts[0]).Address, (ushort)IPEndPoint.Parse(parts[0]).Port, IpProtocol.Tcp);
            Assert.Equal(new MaglevPermutation(row[3].GetUInt32(), row[4].GetUInt32()), maglev.PermutationOf(backend, 16_381));
        }
    }

    [Fact]
    public void Cilium_lookups()
    {
        JsonElement file = Vectors.Load("algorithms/maglev-cilium.json");
        JsonElement service = file.GetProperty("cases").EnumerateArray().Single(c => c.GetProperty("name").GetString()!.StartsWith("default M=16381, 10 ", StringComparison.Ordinal));
        CiliumMaglev maglev = new(file.GetProperty("hashSeed").GetString()!);
        MaglevTable table = maglev.Build([.. service.GetProperty("backends").EnumerateArray().Select(Backend)]);
        foreach (JsonElement row in file.GetProperty("lookups").EnumerateArray())
        {
            FlowKeyV4 key = KeyV4(row[0].GetString()!, row[1].GetUInt16(), row[2].GetUInt16(), (IpProtocol)row[3].GetByte());
            Assert.Equal(row[4].GetUInt32(), maglev.Hash(key));
            Assert.Equal(row[6].GetInt32(), service.GetProperty("backends")[table.Lookup(maglev.Hash(key))].GetProperty("id").GetInt32());
        }
    }

    [Fact]
    public void Katran_rings()
    {
        foreach (JsonElement row in Vectors.Load("algorithms/maglev-katran.json").GetProperty("cases").EnumerateArray())
        {
            (int[] ids, KatranBackend[] backends) = KatranEndpoints(row);
            int size = row.GetProperty("ringSize").GetInt32();
            MaglevTable ring = row.GetProperty("algo").GetString() == "MaglevV2" ? KatranMaglev.BuildV2(backends, size) : KatranMaglev.Build(backends, size);
            CheckTable(row, [.. Slots(ring).Select(place => place < 0 ? -1 : ids[place])]);
        }
    }

    [Fact]
    public void Katran_permutations_and_flow_hashes()
    {
        JsonElement file = Vectors.Load("algorithms/maglev-katran.json");
        foreach (JsonElement row in file.GetProperty("permutation").EnumerateArray())
            Assert.Equal(new MaglevPermutation(row[1].GetUInt32(), row[2].GetUInt32()), KatranMaglev.PermutationOf(Number(row[0])));
        foreach (JsonElement row in file.GetProperty("flowHash").EnumerateArray())
        {
            (string source, ushort sport, ushort dport) = (row[0].GetString()!, row[1].GetUInt16(), row[2].GetUInt16());
            uint hash = source.Contains(':', StringComparison.Ordinal)
                ? KatranMaglev.Hash(KeyV6(source, sport, dport, IpProtocol.Tcp))
                : KatranMaglev.Hash(KeyV4(source, sport, dport, IpProtocol.Tcp));
            Assert.Equal(row[3].GetUInt32(), hash);
        }
    }

    private static CiliumBackend Backend(JsonElement backend) => new(
        IPAddress.Parse(backend.GetProperty("ip").GetString()!),
        backend.GetProperty("port").GetUInt16(),
        Enum.Parse<IpProtocol>(backend.GetProperty("proto").GetString()!, ignoreCase: true),
        backend.GetProperty("weight").GetUInt32());

    private static (int[] Ids, KatranBackend[] Backends) KatranEndpoints(JsonElement row)
    {
        if (row.TryGetProperty("endpoints", out JsonElement endpoints))
        {
            JsonElement[] all = [.. endpoints.EnumerateArray()];
            return ([.. all.Select(e => e[0].GetInt32())], [.. all.Select(e => new KatranBackend(Number(e[2]), e[1].GetUInt32()))]);
        }

        // "num=i, weight=W, hash=i for i in 0..LAST"
        string rule = row.GetProperty("endpointsRule").GetString()!;
        uint weight = uint.Parse(rule.Split("weight=")[1].Split(',')[0], CultureInfo.InvariantCulture);
        int last = int.Parse(rule.Split("0..")[1], CultureInfo.InvariantCulture);
        int[] ids = [.. Enumerable.Range(0, last + 1)];
        return (ids, [.. ids.Select(i => new KatranBackend((ulong)i, weight))]);
    }

    private static ulong Number(JsonElement text) => ulong.Parse(text.GetString()!, CultureInfo.InvariantCulture);

    private static FlowKeyV4 KeyV4(string source, ushort sport, ushort dport, IpProtocol protocol) =>
        new(BitConverter.ToUInt32(IPAddress.Parse(source).GetAddressBytes()), 0, Be(sport), Be(dport), protocol);

    private static FlowKeyV6 KeyV6(string source, ushort sport, ushort dport, IpProtocol protocol) =>
        new(new IPv6Address(IPAddress.Parse(source).GetAddressBytes()), default, Be(sport), Be(dport), protocol);

    private static ushort Be(ushort port) => (ushort)IPAddress.HostToNetworkOrder((short)port);

    private static int[] Slots(MaglevTable table) => [.. Enumerable.Range(0, table.Size).Select(slot => table[slot])];

    /// <summary>Holds a table against every form in which a row gives one.</summary>
    private static void CheckTable(JsonElement row, int[] table)
    {
        int forms = 0;
        if (row.TryGetProperty("table", out JsonElement whole) && ++forms > 0)
            Assert.Equal(whole.EnumerateArray().Select(s => s.GetInt32()), table);
        if (row.TryGetProperty("tableRle", out JsonElement runs) && ++forms > 0)
            Assert.Equal(runs.EnumerateArray().SelectMany(r => Enumerable.Repeat(r[0].GetInt32(), r[1].GetInt32())), table);
        if (row.TryGetProperty("tableSha256", out JsonElement hash) && ++forms > 0)
            Assert.Equal(hash.GetString(), Convert.ToHexStringLower(SHA256.HashData([.. table.SelectMany(BitConverter.GetBytes)])));
        if (row.TryGetProperty("tableHead", out JsonElement head) && ++forms > 0)
            Assert.Equal(head.EnumerateArray().Select(s => s.GetInt32()), table.Take(head.GetArrayLength()));
        Assert.True(forms > 0, $"no table given: {row}");
    }
}
