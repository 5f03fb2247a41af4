using System.Text.RegularExpressions;
using DatapathKernels.Formats.Clusters;
using DatapathKernels.Packets;
using DatapathKernels.Tests.Infrastructure;
using Xunit;

namespace DatapathKernels.Tests.Formats.Clusters;

public partial class KubeProxyChainsTests
{
    [Theory]
    [InlineData("ns1/svc1:p80", IpProtocol.Tcp, "KUBE-SVC-XPGD46QRK7WJZT7O")]
    [InlineData("default/kubernetes:https", IpProtocol.Tcp, "KUBE-SVC-NPX46M4PTMTKRN6Y")]
    [InlineData("kube-system/kube-dns:dns", IpProtocol.Udp, "KUBE-SVC-TCOU7JCQXEZGVUNU")]
    public void Service_chains_have_kube_proxys_names(string portName, IpProtocol protocol, string chain)
    {
        Assert.Equal(chain, KubeProxyChains.Service(portName, protocol));
        Assert.Equal(chain.Replace("SVC", "SVL", StringComparison.Ordinal), KubeProxyChains.ServiceLocal(portName, protocol));
    }

    [Fact]
    public void Endpoint_chains_have_kube_proxys_names() =>
        Assert.Equal("KUBE-SEP-SXIVWICOYRO3J4NJ", KubeProxyChains.Endpoint("ns1/svc1:p80", IpProtocol.Tcp, "10.180.0.1:80"));

    [Fact]
    public void A_service_port_is_tcp_udp_or_sctp() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => KubeProxyChains.Service("a/b", IpProtocol.Icmp));

    /// <summary>Every dispatching rule of a real node names its service in the comment and its chain as the target.</summary>
    [CorpusTheory]
    [InlineData("azure-npm-iptablesave-v2.txt", 39)]
    [InlineData("kubeadm-flannel-2023.txt", 5)]
    [InlineData("kind-v1.23-traefik-ericpuwang.txt", 5)]
    public void Names_agree_with_real_dumps(string file, int atLeast)
    {
        int seen = 0;
        foreach (string line in File.ReadLines(Corpus.PathOf("kubeproxy", "dumps", file)))
        {
            Match match = Dispatch().Match(line);
            if (!match.Success)
                continue;
            IpProtocol protocol = Enum.Parse<IpProtocol>(match.Groups["protocol"].Value, ignoreCase: true);
            Assert.Equal(match.Groups["chain"].Value, KubeProxyChains.Service(match.Groups["name"].Value, protocol));
            seen++;
        }

        Assert.True(seen >= atLeast, $"only {seen} dispatching rules in {file}");
    }

    [GeneratedRegex("""^-A KUBE-SERVICES .*-p (?<protocol>\w+) .*--comment "(?<name>\S+) cluster IP".* -j (?<chain>KUBE-SVC-\w+)$""")]
    private static partial Regex Dispatch();
}
