using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using DatapathKernels.LoadBalancing;
using DatapathKernels.Packets;
using DatapathKernels.Tests.Infrastructure;
using Xunit;

namespace DatapathKernels.Tests.LoadBalancing;

/// <summary>The hashes and the TCP tables of IPVS, value for value.</summary>
public class IpvsTableVectorTests
{
    [Fact]
    public void Connection_hashes()
    {
        int rows = 0;
        foreach (JsonElement row in Vectors.Load("algorithms/ipvs-hash.json").GetProperty("connRows").EnumerateArray())
        {
            (IPv6Address client, bool ipv6) = Wire(row[0].GetString()!);
            uint hash = IpvsHash.Connection(client, ipv6, Be(row[1].GetInt32()), (IpProtocol)row[2].GetInt32(), row[3].GetUInt32());
            Assert.Equal((row[4].GetUInt32(), row[5].GetUInt32()), (hash, hash & 4095));
            rows++;
        }

        Assert.True(rows > 0);
    }

    [Fact]
    public void Service_and_server_buckets()
    {
        int rows = 0;
        foreach (JsonElement row in Vectors.Load("algorithms/ipvs-hash.json").GetProperty("serviceRows").EnumerateArray())
        {
            (IPv6Address address, bool ipv6) = Wire(row[0].GetString()!);
            ushort port = (ushort)row[1].GetInt32();
            Assert.Equal((row[3].GetInt32(), row[4].GetInt32()), (IpvsHash.Service(address, ipv6, port, (IpProtocol)row[2].GetInt32()), IpvsHash.Server(address, ipv6, port)));
            rows++;
        }

        Assert.True(rows > 0);
    }

    [Theory]
    [InlineData("normal", false)]
    [InlineData("secureTcp", true)]
    public void Tcp_transitions(string table, bool secure)
    {
        int transitions = 0;
        foreach (JsonProperty direction in Vectors.Load("algorithms/ipvs-tcp-table.json").GetProperty(table).EnumerateObject())
        {
            IpvsSide side = Enum.Parse<IpvsSide>(direction.Name, ignoreCase: true);
            foreach (JsonProperty segment in direction.Value.EnumerateObject())
            {
                foreach (JsonProperty from in segment.Value.EnumerateObject())
                {
                    string where = $"{table} {direction.Name} {segment.Name} in {from.Name}";
                    IpvsTcpState next = IpvsTcpTransitions.After(State(from.Name), Enum.Parse<TcpFlags>(segment.Name, ignoreCase: true), side, secure);
                    Assert.Equal((where, State(from.Value.GetString()!)), (where, next));
                    transitions++;
                }
            }
        }

        Assert.Equal(3 * 4 * 11, transitions);
    }

    [Fact]
    public void Tcp_timeouts_and_active_states()
    {
        JsonElement vectors = Vectors.Load("algorithms/ipvs-tcp-table.json");
        HashSet<IpvsTcpState> active = [.. vectors.GetProperty("active").EnumerateArray().Select(name => State(name.GetString()!))];
        foreach (JsonProperty timeout in vectors.GetProperty("timeoutsSeconds").EnumerateObject())
        {
            IpvsTcpState state = State(timeout.Name);
            Assert.Equal(timeout.Value.GetInt32(), IpvsTcpTransitions.TimeoutSeconds[(int)state]);
            Assert.Equal(active.Contains(state), IpvsTcpTransitions.IsActive(state));
        }
    }

    [Theory]
    [InlineData(TcpFlags.Rst | TcpFlags.Syn | TcpFlags.Ack, IpvsTcpState.Close)]
    [InlineData(TcpFlags.Syn | TcpFlags.Ack, IpvsTcpState.Established)]
    [InlineData(TcpFlags.Fin | TcpFlags.Ack, IpvsTcpState.CloseWait)]
    [InlineData(TcpFlags.Psh, IpvsTcpState.Close)]
    public void The_first_flag_of_reset_syn_fin_ack_counts(TcpFlags flags, IpvsTcpState expected) =>
        Assert.Equal(expected, IpvsTcpTransitions.After(IpvsTcpState.Established, flags, IpvsSide.Input));

    private static (IPv6Address Address, bool IsV6) Wire(string text)
    {
        IPAddress address = IPAddress.Parse(text);
        byte[] bytes = new byte[16];
        address.TryWriteBytes(bytes, out _);
        return (new IPv6Address(bytes), address.AddressFamily == AddressFamily.InterNetworkV6);
    }

    private static ushort Be(int port) => (ushort)IPAddress.HostToNetworkOrder((short)port);

    private static IpvsTcpState State(string name) => name switch
    {
        "SYN_RECV" => IpvsTcpState.SynReceived,
        _ => Enum.Parse<IpvsTcpState>(name.Replace("_", "", StringComparison.Ordinal), ignoreCase: true),
    };
}
