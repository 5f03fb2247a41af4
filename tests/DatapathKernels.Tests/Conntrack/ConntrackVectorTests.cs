using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Text.Json;
using DatapathKernels.Conntrack;
using DatapathKernels.Packets;
using DatapathKernels.Tests.Infrastructure;
using Xunit;

namespace DatapathKernels.Tests.Conntrack;

/// <summary>Hashes, evictions and ports, value for value.</summary>
public class ConntrackVectorTests
{
    [Fact]
    public void Hashes_and_buckets_of_both_directions()
    {
        int rows = 0;
        foreach (JsonElement row in Vectors.Load("algorithms/conntrack-hash.json").GetProperty("rows").EnumerateArray())
        {
            FlowKeyV6 original = new(Mapped(row[0].GetString()!), Mapped(row[2].GetString()!), Be(row[1].GetInt32()), Be(row[3].GetInt32()), (IpProtocol)row[4].GetInt32(), (ushort)row[5].GetInt32());
            FlowKeyV6 reply = new(original.Destination, original.Source, original.DestinationPortBe, original.SourcePortBe, original.Protocol, original.Zone);
            uint netMix = row[6].GetUInt32(), buckets = row[9].GetUInt32();
            ulong key0 = Key(row[7]), key1 = Key(row[8]);
            uint hash = ConntrackHash.Of(original, netMix, key0, key1), reversed = ConntrackHash.Of(reply, netMix, key0, key1);
            Assert.Equal((row[10].GetUInt32(), row[11].GetUInt32()), (hash, ConntrackHash.Bucket(hash, buckets)));
            Assert.Equal((row[12].GetUInt32(), row[13].GetUInt32()), (reversed, ConntrackHash.Bucket(reversed, buckets)));
            rows++;
        }

        Assert.True(rows > 0);
    }

    [Fact]
    public void Early_drops()
    {
        int rows = 0;
        foreach (JsonElement row in Vectors.Load("algorithms/conntrack-earlydrop.json").GetProperty("rows").EnumerateArray())
        {
            EarlyDropTable table = new(row);
            bool success = table.Drop(row.GetProperty("start").GetUInt32());
            Assert.Equal(row.GetProperty("success").GetBoolean(), success);
            int[] gone = [.. row.GetProperty("dropped").EnumerateArray().Concat(row.GetProperty("garbageCollected").EnumerateArray()).Select(id => id.GetInt32()).Order()];
            Assert.Equal(gone, table.Gone());
            Assert.Equal(row.GetProperty("dropped").GetArrayLength(), table.Evicted);
            table.Dispose();
            rows++;
        }

        Assert.True(rows > 0);
    }

    [Fact]
    public void Ports_of_translations()
    {
        int rows = 0;
        foreach (JsonElement row in Vectors.Load("algorithms/nat-port-alloc.json").GetProperty("rows").EnumerateArray())
        {
            const int specified = 2, random = 4 | 16, offset = 32;
            int flags = row.GetProperty("flags").GetInt32();
            NatPortRange range = new((flags & specified) != 0, (ushort)row.GetProperty("min").GetInt32(), (ushort)row.GetProperty("max").GetInt32(), (flags & offset) != 0, (ushort)row.GetProperty("base").GetInt32());
            Count count = new();
            TestPorts ports = new(row, range, count);
            ushort port = (ushort)row.GetProperty("port").GetInt32();
            ushort chosen = NatPortSearch.Choose((IpProtocol)row.GetProperty("proto").GetInt32(), row.GetProperty("manip").GetString() == "dst", port, range, (flags & random) != 0, ref ports, out bool free);
            Assert.Equal(
                (row.GetProperty("name").GetString(), row.GetProperty("result").GetInt32(), row.GetProperty("probes").GetInt32(), row.GetProperty("randomsConsumed").GetInt32(), row.GetProperty("free").GetBoolean()),
                (row.GetProperty("name").GetString(), chosen, count.Probes, count.Randoms, free));
            rows++;
        }

        Assert.True(rows > 0);
    }

    internal static IPv6Address Mapped(string text)
    {
        byte[] bytes = IPAddress.Parse(text).MapToIPv6().GetAddressBytes();
        return new IPv6Address(bytes);
    }

    internal static ushort Be(int port) => BinaryPrimitives.ReverseEndianness((ushort)port);

    private static ulong Key(JsonElement key) => ulong.Parse(key.GetString()!.AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    private sealed class Count
    {
        public int Probes { get; set; }

        public int Randoms { get; set; }
    }

    /// <summary>The ports taken in one row, which it describes in words.</summary>
    private readonly struct TestPorts(JsonElement row, NatPortRange range, Count count) : INatPorts
    {
        public bool IsFree(ushort port)
        {
            count.Probes++;
            string used = row.GetProperty("used").GetString()!;
            return used switch
            {
                "none" => true,
                "all" or "all of range" => false,
                "only the original port" => port != row.GetProperty("port").GetInt32(),
                "even ports of the range" => port % 2 != 0 || port < range.First || port > range.Last,
                _ when row.TryGetProperty("freePorts", out JsonElement free) => free.EnumerateArray().Any(p => p.GetInt32() == port),
                _ when used.Contains('-', StringComparison.Ordinal) => port < Bound(used, 0) || port > Bound(used, 1),
                _ => port != int.Parse(used, CultureInfo.InvariantCulture),
            };
        }

        public ushort Random() => (ushort)row.GetProperty("random")[count.Randoms++].GetInt32();

        private static int Bound(string range, int side) => int.Parse(range.Split('-')[side], CultureInfo.InvariantCulture);
    }

    /// <summary>A table whose connections stand in the buckets that a row says: their tuples are looked for.</summary>
    private sealed class EarlyDropTable : IDisposable
    {
        private readonly ConntrackTable _table;
        private readonly uint _buckets;
        private readonly List<int> _ids = [];

        public EarlyDropTable(JsonElement row)
        {
            _buckets = row.GetProperty("buckets").GetUInt32();
            JsonElement[] entries = [.. row.GetProperty("entries").EnumerateArray()];
            _table = new ConntrackTable(new ConntrackOptions { Max = Math.Max(1, entries.Length), Buckets = (int)_buckets, UsesKernelHash = true, HashKey = (1, 2) });
            foreach (JsonElement entry in entries)
            {
                string[] flags = [.. entry[3].EnumerateArray().Select(flag => flag.GetString()!)];
                ConntrackStatus status = flags.Contains("assured") ? ConntrackStatus.Assured : ConntrackStatus.None;
                // Offloaded connections and those of another namespace are none of this table; they are as safe as dying ones.
                if (flags.Any(flag => flag is "dying" or "offload" or "othernet"))
                    status |= ConntrackStatus.Dying;
                _ids.Add(_table.Add(TupleOf(entry[1].GetUInt32(), entry[2].GetUInt32()), status, flags.Contains("expired") ? 0u : 1000u));
            }
        }

        public long Evicted => _table.Evicted;

        public bool Drop(uint bucket) => _table.TryDropEarly(bucket, 500);

        public int[] Gone() => [.. Enumerable.Range(0, _ids.Count).Where(i => _table.View(_ids[i]) == null)];

        public void Dispose() => _table.Dispose();

        private FlowKeyV6 TupleOf(uint originalBucket, uint replyBucket)
        {
            for (uint i = (uint)_ids.Count << 24; ; i++)
            {
                FlowKeyV6 tuple = new(Mapped(new IPAddress(i).ToString()), Mapped("10.0.0.1"), Be(1), Be(80), IpProtocol.Udp);
                FlowKeyV6 reply = new(tuple.Destination, tuple.Source, tuple.DestinationPortBe, tuple.SourcePortBe, tuple.Protocol);
                if (Bucket(tuple) == originalBucket && Bucket(reply) == replyBucket)
                    return tuple;
            }
        }

        private uint Bucket(in FlowKeyV6 tuple) => ConntrackHash.Bucket(ConntrackHash.Of(tuple, 0, 1, 2), _buckets);
    }
}
