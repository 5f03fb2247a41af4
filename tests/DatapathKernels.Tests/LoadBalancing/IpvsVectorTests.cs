using System.Net;
using System.Security.Cryptography;
using System.Text.Json;
using DatapathKernels.LoadBalancing;
using DatapathKernels.Packets;
using DatapathKernels.Tests.Infrastructure;
using Xunit;

namespace DatapathKernels.Tests.LoadBalancing;

/// <summary>The choices of the kernel's schedulers. The servers' ids in the files are places in the order of adding.</summary>
public class IpvsVectorTests
{
    [Fact]
    public void Source_hash()
    {
        foreach (JsonElement row in Rows("ipvs-sh", "cases"))
        {
            Cluster cluster = Cluster.Of(SchedulerKind.SourceHash, row);
            Assert.Equal(Ints(row.GetProperty("table")), cluster.Service.Buckets);
            CheckQueries(cluster, row);
        }
    }

    [Fact]
    public void Maglev_hash()
    {
        foreach (JsonElement row in Rows("ipvs-mh", "cases"))
        {
            Cluster cluster = Cluster.Of(SchedulerKind.MaglevHash, row);
            int[] slots = cluster.Service.Buckets;
            if (row.TryGetProperty("table", out JsonElement table))
                Assert.Equal(Ints(table), slots);
            Assert.Equal(row.GetProperty("tableSha256").GetString(), Convert.ToHexStringLower(SHA256.HashData([.. slots.SelectMany(s => BitConverter.GetBytes((ushort)s))])));
            CheckQueries(cluster, row);
        }
    }

    [Fact]
    public void Destination_hash()
    {
        foreach (JsonElement row in Rows("ipvs-dh", "cases"))
        {
            Cluster cluster = Cluster.Of(SchedulerKind.DestinationHash, row);
            Assert.Equal(Ints(row.GetProperty("table")), cluster.Service.Buckets);
            string client = row.GetProperty("af").GetString() == "ipv6" ? "fd00::1" : "10.0.0.1";
            foreach (JsonElement query in row.GetProperty("queries").EnumerateArray())
                Assert.Equal(query[2].GetInt32(), cluster.Service.Schedule(Key(client, query[0].GetString()!, 1, IpProtocol.Tcp)));
        }
    }

    [Fact]
    public void Round_robin_and_weighted_round_robin()
    {
        foreach (JsonElement row in Rows("ipvs-rr-wrr", "cases"))
        {
            Cluster cluster = new(row.GetProperty("scheduler").GetString() == "rr" ? SchedulerKind.RoundRobin : SchedulerKind.WeightedRoundRobin);
            foreach (JsonElement server in row.GetProperty("add").EnumerateArray())
                cluster.Add(server[0].GetInt32(), "10.1.0.1", (ushort)(1 + server[0].GetInt32()), server[1].GetInt32());
            foreach (JsonElement step in row.GetProperty("script").EnumerateArray())
            {
                if (step[0].GetString() != "run")
                {
                    cluster.Do(step);
                    continue;
                }

                foreach (JsonElement expected in step[1].EnumerateArray())
                    Assert.Equal((row.GetProperty("name").GetString(), expected.GetInt32()), (row.GetProperty("name").GetString(), cluster.Schedule(default)));
            }
        }
    }

    [Fact]
    public void Connection_counts()
    {
        foreach (JsonElement row in Rows("ipvs-conncount", "rows"))
        {
            foreach ((string name, SchedulerKind kind) in Kinds)
            {
                Cluster cluster = Cluster.WithLoads(kind, row);
                Assert.Equal((name, row.GetProperty("chosen").GetProperty(name).GetInt32(), row.ToString()), (name, cluster.Schedule(default), row.ToString()));
            }
        }
    }

    [Fact]
    public void Two_choices()
    {
        foreach (JsonElement row in Rows("ipvs-twos", "rows"))
        {
            Cluster cluster = Cluster.WithLoads(SchedulerKind.PowerOfTwoChoices, row);
            Assert.Equal(row.GetProperty("chosen").GetInt32(), cluster.Service.ScheduleByDraws(row.GetProperty("r1").GetInt32(), row.GetProperty("r2").GetInt32()));
        }
    }

    private static readonly (string Name, SchedulerKind Kind)[] Kinds =
    [
        ("lc", SchedulerKind.LeastConnections), ("wlc", SchedulerKind.WeightedLeastConnections), ("sed", SchedulerKind.ShortestExpectedDelay),
        ("nq", SchedulerKind.NeverQueue), ("fo", SchedulerKind.WeightedFailover), ("ovf", SchedulerKind.WeightedOverflow),
    ];

    private static void CheckQueries(Cluster cluster, JsonElement row)
    {
        Assert.Equal(Ints(row.GetProperty("listOrder")), cluster.Service.ListOrder.ToArray());
        foreach (JsonElement query in row.GetProperty("queries").EnumerateArray())
        {
            (string client, ushort port, IpProtocol protocol) = (query[0].GetString()!, query[1].GetUInt16(), (IpProtocol)query[2].GetByte());
            string service = client.Contains(':', StringComparison.Ordinal) ? "fd00::1" : "10.0.0.1";
            SchedulingKey key = query[3].GetInt32() == 0
                ? Key(client, service, port, protocol)
                : Key(service, client, 80, protocol, clientPort: port, inverse: true);
            Assert.Equal((row.GetProperty("name").GetString(), query.ToString(), query[4].GetInt32()), (row.GetProperty("name").GetString(), query.ToString(), cluster.Schedule(key)));
        }
    }

    /// <summary>The key of a packet between two addresses; an inverse one carries the client's port as its destination port.</summary>
    private static SchedulingKey Key(string source, string destination, ushort sourcePort, IpProtocol protocol, ushort clientPort = 80, bool inverse = false)
    {
        byte[] from = IPAddress.Parse(source).GetAddressBytes(), to = IPAddress.Parse(destination).GetAddressBytes();
        return from.Length == 4
            ? SchedulingKey.Of(new FlowKeyV4(BitConverter.ToUInt32(from), BitConverter.ToUInt32(to), Be(sourcePort), Be(clientPort), protocol), inverse)
            : SchedulingKey.Of(new FlowKeyV6(new IPv6Address(from), new IPv6Address(to), Be(sourcePort), Be(clientPort), protocol), inverse);
    }

    private static ushort Be(ushort port) => (ushort)IPAddress.HostToNetworkOrder((short)port);

    private static int[] Ints(JsonElement array) => [.. array.EnumerateArray().Select(e => e.GetInt32())];

    private static JsonElement.ArrayEnumerator Rows(string file, string name) => Vectors.Load($"algorithms/{file}.json").GetProperty(name).EnumerateArray();

    /// <summary>A service and what the files do to it.</summary>
    private sealed class Cluster(SchedulerKind kind, SchedulerFlags flags = SchedulerFlags.None)
    {
        public VirtualService Service { get; } = new(kind, flags);

        public static Cluster Of(SchedulerKind kind, JsonElement row)
        {
            SchedulerFlags flags = SchedulerFlags.None;
            foreach (JsonElement flag in row.TryGetProperty("flags", out JsonElement all) ? all.EnumerateArray() : default)
                flags |= flag.GetString()!.EndsWith("port", StringComparison.Ordinal) ? SchedulerFlags.Port : SchedulerFlags.Fallback;
            Cluster cluster = new(kind, flags);
            foreach (JsonElement server in row.GetProperty("add").EnumerateArray())
                cluster.Add(server[0].GetInt32(), server[1].GetString()!, server[2].GetUInt16(), server[3].GetInt32());
            foreach (JsonElement op in row.GetProperty("ops").EnumerateArray())
                cluster.Do(op);
            return cluster;
        }

        public static Cluster WithLoads(SchedulerKind kind, JsonElement row)
        {
            Cluster cluster = new(kind);
            int id = 0;
            foreach (JsonElement server in row.GetProperty("dests").EnumerateArray())
            {
                (int active, int inactive, bool overloaded) = (server[1].GetInt32(), server[2].GetInt32(), server[3].GetInt32() != 0);
                cluster.Service.Add(new RealServer(IPAddress.Loopback, (ushort)(1 + id), server[0].GetInt32()));
                cluster.Service.SetLoad(id, active, inactive, overloaded);
                id++;
            }

            return cluster;
        }

        public int Schedule(in SchedulingKey key) => Service.Schedule(key);

        public void Add(int id, string address, ushort port, int weight) =>
            Assert.Equal(id, Service.Add(new RealServer(IPAddress.Parse(address), port, weight)));

        public void Do(JsonElement op)
        {
            int id = op[1].GetInt32();
            switch (op[0].GetString())
            {
                case "setWeight":
                    // An edit without thresholds clears an overload; the files set the bare weight.
                    bool overloaded = Service.LoadOf(id).IsOverloaded;
                    Service.Edit(id, Service.ServerOf(id) with { Weight = op[2].GetInt32() });
                    Service.SetLoad(id, 0, 0, overloaded);
                    break;
                case "delete":
                    Service.Remove(id);
                    break;
                case "add":
                    Add(id, "10.1.0.1", (ushort)(1 + id), op[2].GetInt32());
                    break;
                case "overload":
                    Service.SetLoad(id, 0, 0, op.GetArrayLength() < 3 || op[2].GetInt32() != 0);
                    break;
                default:
                    Assert.Fail($"unknown step {op}");
                    break;
            }
        }
    }
}
