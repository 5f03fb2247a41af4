using System.Net;
using DatapathKernels.Datapaths;
using DatapathKernels.Filtering;
using DatapathKernels.Formats.Captures;
using DatapathKernels.Formats.Clusters;
using DatapathKernels.Formats.Datapaths;
using DatapathKernels.Formats.Iptables;
using DatapathKernels.Packets;
using DatapathKernels.Tests.Generators;
using DatapathKernels.Tests.Infrastructure;
using Xunit;

namespace DatapathKernels.Tests.Readme;

/// <summary>The README's sample, as it stands there, run on a small dump and capture.</summary>
public sealed class SampleTests : IDisposable
{
    private const string Dump = """
        *nat
        :PREROUTING ACCEPT [0:0]
        :KUBE-SEP-A - [0:0]
        :KUBE-SERVICES - [0:0]
        -A PREROUTING -j KUBE-SERVICES
        -A KUBE-SERVICES -d 10.96.0.2/32 -p udp -m udp --dport 53 -j KUBE-SEP-A
        -A KUBE-SERVICES -d 10.96.0.10/32 -p tcp -m tcp --dport 80 -j KUBE-SEP-A
        -A KUBE-SEP-A -p tcp -m tcp -j DNAT --to-destination 10.244.1.7:8080
        COMMIT

        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("sample").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void The_sample_translates_a_service()
    {
        string rulesFile = Path.Combine(_folder, "node.rules"), captureFile = Path.Combine(_folder, "node.pcap");
        File.WriteAllText(rulesFile, Dump);
        using (CaptureWriter capture = CaptureWriter.Create(captureFile, CaptureFormat.PcapMicroseconds, LinkType.Ethernet))
            capture.Write(new FrameSpec().ToBytes(), 0);

        using StringWriter output = new();
        Run(rulesFile, captureFile, output);
        Assert.Equal("10.0.0.1:40000 -> 10.96.0.10:80 Tcp zone 0 => 10.244.1.7:8080" + Environment.NewLine, output.ToString());
    }

    [Fact]
    public void The_readme_shows_the_code_that_runs_here()
    {
        string readme = File.ReadAllText(Path.Combine(Solution.Root, "README.md")).ReplaceLineEndings("\n");
        string[] lines = File.ReadAllLines(Path.Combine(Solution.Root, "tests", "DatapathKernels.Tests", "Readme", "SampleTests.cs"));
        int shown = 0;
        for (int start = Array.IndexOf(lines, "        // sample"); start >= 0; start = Array.IndexOf(lines, "        // sample", start + 1))
        {
            string[] sample = [.. lines.Skip(start + 1).TakeWhile(line => line != "        // end of sample").Select(line => line.Length >= 8 ? line[8..] : "")];
            Assert.True(sample.Length > 2);
            Assert.Contains(string.Join('\n', sample), readme, StringComparison.Ordinal);
            shown++;
        }

        Assert.Equal(3, shown);
    }

    [Fact]
    public void The_readme_shows_what_an_explanation_says()
    {
        Ruleset rules = IptablesSaveParser.Parse(System.Text.Encoding.UTF8.GetBytes(Dump), null, out _);
        using StringWriter output = new();
        output.NewLine = "\n";
        Explain(rules, new FrameSpec().ToBytes(), output);
        Assert.Contains("```\n" + output.ToString() + "```", File.ReadAllText(Path.Combine(Solution.Root, "README.md")).ReplaceLineEndings("\n"), StringComparison.Ordinal);
    }

    [Fact]
    public void The_readme_asks_a_nodes_packet_for_its_way()
    {
        Cluster small = ClusterGenerator.Generate(new ClusterOptions { Services = 1000 });
        using StringWriter output = new();
        ExplainNode(new FrameSpec().ToBytes(), small.Pods[0].IPv4!, output);
        Assert.Contains("end: Forwarded", output.ToString(), StringComparison.Ordinal);
    }

    private static void ExplainNode(byte[] frame, IPAddress pod, TextWriter output)
    {
        // sample
        Cluster cluster = ClusterGenerator.Generate(new ClusterOptions { Services = 1000 });
        using NodeDatapath node = NodeDatapath.Build(cluster, new NodeOptions { Mode = DatapathMode.Ebpf, Overlay = OverlayKind.Vxlan });
        foreach (PathStep step in node.Datapath.Explain(frame, node.InterfaceOf(pod), nowMs: 0, out PacketFate fate))
            output.WriteLine(step);
        // end of sample
    }

    private static void Explain(Ruleset rules, byte[] frame, TextWriter output)
    {
        // sample
        using IndexedMatcher matcher = new(rules, new MatcherOptions { Interfaces = ["eth0"] });
        matcher.Find(TableKind.Nat, "PREROUTING", out ChainId prerouting);
        FlowParser.Parse(frame, LinkType.Ethernet, zone: 0, out _, out _, out PacketInfo info);
        PacketMeta meta = new() { State = ConnectionStates.New, InInterface = matcher.InterfaceId("eth0") };
        output.Write(matcher.Explain(prerouting, frame, info, meta, new PacketRandom(seed: 1)));
        // end of sample
    }

    private static void Run(string rulesFile, string captureFile, TextWriter output)
    {
        // sample
        Ruleset rules = IptablesSaveParser.ParseFile(rulesFile, null, out IptablesReport report);
        using LinearMatcher matcher = new(rules, new MatcherOptions { Unknown = UnknownPolicy.Never });
        matcher.Find(TableKind.Nat, "PREROUTING", out ChainId prerouting);

        using CaptureReader capture = CaptureReader.Open(captureFile);
        PacketRandom random = new(seed: 1);
        while (capture.TryReadNext(out CaptureRecord record))
        {
            byte[] frame = record.Frame.ToArray(); // DNAT rewrites the bytes
            if (FlowParser.Parse(frame, record.LinkType, zone: 0, out FlowKeyV4 before, out _, out PacketInfo info) != ParseStatus.Ok)
                continue;
            PacketMeta meta = new() { State = ConnectionStates.New };
            matcher.Evaluate(prerouting, frame, info, ref meta, ref random, out PacketVerdict verdict);
            FlowParser.Parse(frame, record.LinkType, zone: 0, out FlowKeyV4 after, out _, out _);
            output.WriteLine($"{before} => {new System.Net.IPAddress(after.DestinationBe)}:{after.DestinationPort}");
        }
        // end of sample
    }
}
