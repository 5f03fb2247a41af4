using System.Net;
using DatapathKernels.Datapaths;
using Xunit;

namespace DatapathKernels.Tests.Datapaths;

public class NodeNetworkTests
{
    /// <summary>30,000 service addresses drawn from a range of 4,096 blocks are in all of them, and pods are in others.</summary>
    [Fact]
    public void As_many_blocks_have_routes_of_their_own_as_were_asked_for()
    {
        using NodeNetwork network = new(default, routes: 6000, blocks: 5000);
        for (int block = 0; block < 5000; block++)
            network.AddRoute(new IPNetwork(new IPAddress([10, (byte)(block >> 8), (byte)block, 7]), 32), new RouteTarget(RouteTargetKind.Host));
        Assert.Throws<InvalidOperationException>(() => network.AddRoute(IPNetwork.Parse("192.0.2.1/32"), new RouteTarget(RouteTargetKind.Host)));
        Assert.Equal(1, network.Hops);
    }
}
