using System.Net;
using DatapathKernels.LoadBalancing;
using DatapathKernels.Packets;
using DatapathKernels.Tests.Conntrack;
using DatapathKernels.Tests.Filtering;
using Xunit;

namespace DatapathKernels.Tests.LoadBalancing;

/// <summary>SCTP associations in IPVS: every transition, and what states mean for counts, lifetimes, the defence and ports used again.</summary>
public class IpvsSctpTests
{
    private const string Client = "192.0.2.7", Vip = "10.96.0.10", Server = "10.0.1.1";

    // What a packet changes, by the side that IPVS sees; all else stays.
    private static readonly (IpvsSide Side, SctpChunkType Chunk, string Changes)[] Table =
    [
        (IpvsSide.Input, SctpChunkType.Data, "None > Established"),
        (IpvsSide.Input, SctpChunkType.Init, "None > Init1; Init1 Rejected Closed > Init"),
        (IpvsSide.Input, SctpChunkType.InitAck, "None Init1 Init > CookieWait; CookieWait > Cookie"),
        (IpvsSide.Input, SctpChunkType.CookieEcho, "None CookieSent > CookieReplied; Init1 > Init"),
        (IpvsSide.Input, SctpChunkType.CookieAck, "None CookieEchoed > Established"),
        (IpvsSide.Input, SctpChunkType.Shutdown, "None Established > ShutdownReceived"),
        (IpvsSide.Input, SctpChunkType.ShutdownAck, "None ShutdownSent ShutdownAckSent > Closed; Init1 > Init"),
        (IpvsSide.Input, SctpChunkType.ShutdownComplete, "None Init1 Init ShutdownAckSent > Closed"),
        (IpvsSide.Input, SctpChunkType.Error, "None CookieEchoed > Closed"),
        (IpvsSide.Input, SctpChunkType.Abort, "CookieWait > Rejected; * > Closed"),
        (IpvsSide.Output, SctpChunkType.Data, "None > Established"),
        (IpvsSide.Output, SctpChunkType.Init, "Established > Established; * > CookieWait"),
        (IpvsSide.Output, SctpChunkType.InitAck, "None Init1 Init > CookieSent"),
        (IpvsSide.Output, SctpChunkType.CookieEcho, "None Init1 Init CookieSent CookieReplied CookieWait Cookie > CookieEchoed"),
        (IpvsSide.Output, SctpChunkType.CookieAck, "None Init1 Init CookieSent CookieReplied CookieWait Cookie CookieEchoed > Established"),
        (IpvsSide.Output, SctpChunkType.Shutdown, "None Init1 Init CookieSent CookieReplied CookieWait Cookie CookieEchoed Established > ShutdownSent"),
        (IpvsSide.Output, SctpChunkType.ShutdownAck, "None Init1 Init CookieSent CookieReplied ShutdownSent ShutdownReceived > ShutdownAckSent"),
        (IpvsSide.Output, SctpChunkType.ShutdownComplete, "None > Closed"),
        (IpvsSide.Output, SctpChunkType.Error, "None Init1 Init CookieSent CookieReplied > Closed"),
        (IpvsSide.Output, SctpChunkType.Abort, "Init1 > Rejected; * > Closed"),
        (IpvsSide.InputOnly, SctpChunkType.Data, "None CookieWait > Established"),
        (IpvsSide.InputOnly, SctpChunkType.Init, "None > Init1; Init1 CookieSent CookieReplied CookieWait Rejected Closed > Init"),
        (IpvsSide.InputOnly, SctpChunkType.InitAck, "None Init1 Init CookieSent CookieReplied CookieWait > CookieEchoed"),
        (IpvsSide.InputOnly, SctpChunkType.CookieEcho, "None Init1 Init CookieSent CookieReplied CookieWait > Established"),
        (IpvsSide.InputOnly, SctpChunkType.CookieAck, "None CookieSent CookieReplied Cookie CookieEchoed > Established"),
        (IpvsSide.InputOnly, SctpChunkType.Shutdown, "None Established > ShutdownReceived"),
        (IpvsSide.InputOnly, SctpChunkType.ShutdownAck, "None Established ShutdownSent ShutdownAckSent > Closed; Init1 > Init"),
        (IpvsSide.InputOnly, SctpChunkType.ShutdownComplete, "None Init1 Init CookieSent CookieReplied ShutdownReceived ShutdownAckSent > Closed"),
        (IpvsSide.InputOnly, SctpChunkType.Error, "None > Closed"),
        (IpvsSide.InputOnly, SctpChunkType.Abort, "CookieWait > Rejected; * > Closed"),
    ];

    [Fact]
    public void Transitions()
    {
        foreach ((IpvsSide side, SctpChunkType chunk, string changes) in Table)
        {
            foreach (IpvsSctpState state in Enum.GetValues<IpvsSctpState>())
                Assert.Equal((side, chunk, state, Expected(state, changes)), (side, chunk, state, IpvsSctpTransitions.After(state, chunk, side)));
        }

        // SACK, HEARTBEAT, ECNE, CWR and what was not thought of yet count as data.
        foreach (byte other in new byte[] { 3, 4, 5, 12, 13, 15, 130, 255 })
            Assert.Equal(IpvsSctpState.Established, IpvsSctpTransitions.After(IpvsSctpState.None, (SctpChunkType)other, IpvsSide.Input));
    }

    [Theory]
    [InlineData(IpvsSctpState.None, 2, false)]
    [InlineData(IpvsSctpState.Init1, 4, false)]
    [InlineData(IpvsSctpState.Init, 61, false)]
    [InlineData(IpvsSctpState.CookieEchoed, 61, false)]
    [InlineData(IpvsSctpState.Established, 900, true)]
    [InlineData(IpvsSctpState.ShutdownAckSent, 61, false)]
    [InlineData(IpvsSctpState.Rejected, 4, false)]
    [InlineData(IpvsSctpState.Closed, 61, false)]
    public void Lifetimes_and_the_active_state(IpvsSctpState state, int seconds, bool active) =>
        Assert.Equal((seconds, active), (IpvsSctpTransitions.TimeoutSeconds[(int)state], IpvsSctpTransitions.IsActive(state)));

    [Fact]
    public void An_association_is_active_while_it_is_established()
    {
        using IpvsDirector director = new(new IpvsOptions());
        IpvsService service = Service(ForwardingMode.Nat);
        director.Add(service);
        void Sees(bool fromServer, SctpChunkType chunk, int active, int inactive)
        {
            Process(director, fromServer ? Tracking.Sctp(Server, Client, 80, 1, 1, 1, chunk) : ToService(1, chunk), 0);
            Assert.Equal((chunk, active, inactive, false), (chunk, service.Scheduler.LoadOf(0).Active, service.Scheduler.LoadOf(0).Inactive, service.Scheduler.LoadOf(0).IsOverloaded));
        }

        Sees(false, SctpChunkType.Init, 0, 1);
        Sees(true, SctpChunkType.InitAck, 0, 1);
        Sees(false, SctpChunkType.CookieEcho, 0, 1);
        Sees(true, SctpChunkType.CookieAck, 1, 0);
        Sees(false, SctpChunkType.Data, 1, 0);
        Sees(false, SctpChunkType.Shutdown, 0, 1);
        Sees(true, SctpChunkType.ShutdownAck, 0, 1);
        Sees(false, SctpChunkType.ShutdownComplete, 0, 1);
        Assert.Equal(0, director.Expire(60_000, 100));
        Assert.Equal(1, director.Expire(63_000, 100));
        Assert.Equal((0, 0, false), service.Scheduler.LoadOf(0));
    }

    [Fact]
    public void Where_answers_go_past_the_node_the_cookie_establishes()
    {
        using IpvsDirector director = new(new IpvsOptions());
        IpvsService service = Service(ForwardingMode.DirectRouting);
        director.Add(service);
        Process(director, ToService(1, SctpChunkType.Init), 0);
        Assert.Equal((0, 1), (service.Scheduler.LoadOf(0).Active, service.Scheduler.LoadOf(0).Inactive));
        Process(director, ToService(1, SctpChunkType.CookieEcho), 0);
        Assert.Equal((1, 0), (service.Scheduler.LoadOf(0).Active, service.Scheduler.LoadOf(0).Inactive));
        Process(director, ToService(1, SctpChunkType.ShutdownAck), 0);
        Assert.Equal((0, 1), (service.Scheduler.LoadOf(0).Active, service.Scheduler.LoadOf(0).Inactive));
    }

    [Fact]
    public void An_abort_behind_a_cookie_counts()
    {
        using IpvsDirector director = new(new IpvsOptions());
        IpvsService service = Service(ForwardingMode.DirectRouting);
        director.Add(service);
        Process(director, ToService(1, SctpChunkType.Init), 0);
        Process(director, ToService(1, SctpChunkType.CookieEcho, SctpChunkType.Data), 0);
        Assert.Equal(1, service.Scheduler.LoadOf(0).Active);
        Process(director, ToService(1, SctpChunkType.Data, SctpChunkType.Abort), 0);
        Assert.Equal(1, service.Scheduler.LoadOf(0).Active);
        Process(director, ToService(1, SctpChunkType.CookieEcho, SctpChunkType.Abort), 0);
        Assert.Equal(0, service.Scheduler.LoadOf(0).Active);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(12)]
    public void A_packet_without_a_chunk_changes_nothing(int bytes)
    {
        byte[] packet = new byte[12 + bytes];
        packet.AsSpan(12).Fill((byte)SctpChunkType.CookieEcho);
        Assert.Equal(bytes >= 4, IpvsSctpTransitions.TryChunkOf(packet, out SctpChunkType chunk));
        Assert.Equal(bytes >= 4 ? SctpChunkType.CookieEcho : default, chunk);
    }

    [Fact]
    public void A_closed_association_gives_way_to_a_new_one()
    {
        using IpvsDirector director = new(new IpvsOptions { ReuseMode = 1 });
        IpvsService service = Service(ForwardingMode.Nat);
        director.Add(service);
        Assert.True(Process(director, ToService(1, SctpChunkType.Init), 0).IsNew);
        Assert.False(Process(director, ToService(1, SctpChunkType.Init), 0).IsNew);
        Process(director, ToService(1, SctpChunkType.Abort), 0);
        Assert.True(Process(director, ToService(1, SctpChunkType.Init), 1000).IsNew);
        Assert.Equal((1, 2), (director.Connections, service.Scheduled));
    }

    [Fact]
    public void Drop_entry_takes_those_that_only_knock()
    {
        using IpvsDirector director = new(new IpvsOptions());
        director.Add(Service(ForwardingMode.DirectRouting));
        Process(director, ToService(1, SctpChunkType.Init), 0);
        Process(director, ToService(2, SctpChunkType.Init), 0);
        Process(director, ToService(2, SctpChunkType.Init), 0);
        Process(director, ToService(3, SctpChunkType.Init), 0);
        Process(director, ToService(3, SctpChunkType.CookieEcho), 0);
        Process(director, ToService(4, SctpChunkType.Init), 0);
        Process(director, ToService(4, SctpChunkType.Abort), 0);
        for (int second = 0; second < 1000; second++)
            director.DropEntries(0);
        Assert.Equal(2, director.Connections);
    }

    private static IpvsSctpState Expected(IpvsSctpState state, string changes)
    {
        foreach (string change in changes.Split("; "))
        {
            string[] parts = change.Split(" > ");
            if (parts[0] == "*" || parts[0].Split(' ').Contains(state.ToString()))
                return Enum.Parse<IpvsSctpState>(parts[1]);
        }

        return state;
    }

    private static IpvsService Service(ForwardingMode forwarding)
    {
        VirtualService scheduler = new(SchedulerKind.RoundRobin);
        scheduler.Add(new RealServer(IPAddress.Parse(Server), 80, Forwarding: forwarding));
        return new(IPAddress.Parse(Vip), 80, IpProtocol.Sctp, scheduler);
    }

    private static TestPacket ToService(int port, params SctpChunkType[] chunks) => Tracking.Sctp(Client, Vip, port, 80, 1, 1, chunks);

    private static IpvsVerdict Process(IpvsDirector director, TestPacket packet, long nowMs)
    {
        FlowParser.ParseNetwork(packet.Bytes, 0, out FlowKeyV4 v4, out FlowKeyV6 v6, out PacketInfo info);
        director.Process(packet.Bytes, info, v4, v6, 0, nowMs, out IpvsVerdict verdict);
        return verdict;
    }
}
