using System.IO.Compression;
using DatapathKernels.Filtering;
using DatapathKernels.Formats.Classifiers;
using DatapathKernels.Packets;

namespace DatapathKernels.Bench.Input;

/// <summary>
/// A rule set of a packet classifier in one chain, and packets for it. The built-in ones are made from a seed; the ones
/// published with ClassBench (acl1, fw1, ipc1) are used too where <c>DATAPATH_SHARED</c> names the folder that has them.
/// </summary>
internal sealed class ClassifierSet
{
    private const int FrameBytes = 60;

    private readonly ClassifierRule[] _rules;

    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <param name="rules">Number of rules; of a published set, as many of its first.</param>
    public ClassifierSet(string name, int rules) => _rules = name switch
    {
        "acl" => ClassifierGenerator.Rules(ClassifierCharacter.AccessList, rules, seed: 1),
        "fw" => ClassifierGenerator.Rules(ClassifierCharacter.Firewall, rules, seed: 1),
        "ipc" => ClassifierGenerator.Rules(ClassifierCharacter.IpChain, rules, seed: 1),
        _ => [.. Lines(PathOf(name)).Take(rules).Select(ClassifierRule.Parse)],
    };

    /// <summary>The built-in sets, then the published ones that are there.</summary>
    public static IEnumerable<string> Names { get; } = [.. new[] { "acl", "fw", "ipc" }, .. new[] { "acl1", "fw1", "ipc1" }.Where(name => File.Exists(PathOf(name)))];

    /// <summary>The rules in the INPUT chain of the filter table; line i + 1 is of rule i.</summary>
    public Ruleset Ruleset()
    {
        Ruleset ruleset = new(IpFamily.V4);
        Chain input = ruleset.GetOrAdd(TableKind.Filter).GetOrAdd("INPUT");
        for (int i = 0; i < _rules.Length; i++)
        {
            foreach (Rule rule in _rules[i].ToRules(i + 1))
                input.Add(rule);
        }

        return ruleset;
    }

    /// <summary>Packets of 64 bytes on the wire for rules drawn evenly; <paramref name="first"/> gets the number of the first rule that matches each.</summary>
    public FrameList Packets(int packets, out int[] first)
    {
        FlowKeyV4[] keys = ClassifierGenerator.Packets(_rules, packets, seed: 2);
        FrameList frames = new();
        foreach (FlowKeyV4 key in keys)
            frames.Add(FrameOf(key), LinkType.Ethernet);
        frames.Seal();
        first = [.. keys.Select(key => Array.FindIndex(_rules, rule => rule.Matches(key)))];
        return frames;
    }

    private static byte[] FrameOf(in FlowKeyV4 key)
    {
        byte[] frame = new byte[FrameBytes];
        int ip = EthernetWriter.Write(frame, default, default, Ipv4Header.EtherType), transport = ip + Ipv4Header.MinSize;
        uint source = System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(key.SourceBe), destination = System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(key.DestinationBe);
        Ipv4Writer.Write(frame.AsSpan(ip), new Ipv4Fields(source, destination, key.Protocol), FrameBytes - transport);
        if (key.Protocol == IpProtocol.Tcp)
            TcpWriter.Write(frame.AsSpan(transport), new TcpFields(key.SourcePort, key.DestinationPort, TcpFlags.Syn, 1, 0, 64_240));
        else if (key.Protocol == IpProtocol.Udp)
            UdpWriter.Write(frame.AsSpan(transport), key.SourcePort, key.DestinationPort, FrameBytes - transport - UdpHeader.Size);
        else if (key.Protocol == IpProtocol.Icmp)
            frame[transport] = 8;
        return frame;
    }

    private static string PathOf(string name) => Path.Combine(
        Environment.GetEnvironmentVariable("DATAPATH_SHARED") ?? "", "corpus", "classbench", "neurocuts", name + "_10k.gz");

    private static string[] Lines(string path)
    {
        using StreamReader reader = new(new GZipStream(File.OpenRead(path), CompressionMode.Decompress));
        return [.. reader.ReadToEnd().Split('\n').Where(line => line.StartsWith('@'))];
    }
}
