using System.Text;

namespace DatapathKernels.Report.Analysis;

/// <summary>What the report says about a suite besides its numbers. A suite without an entry gets plain names.</summary>
internal sealed record SuiteText
{
    private static readonly Dictionary<string, SuiteText> Known = new(StringComparer.Ordinal)
    {
        ["ServiceLookupBench"] = new()
        {
            Title = "Service lookup",
            Question = "What does the first packet of a connection to a Service cost, as the cluster grows?",
            Parameter = "Services",
            AxisTitle = "Services in the cluster",
            Baseline = "IptablesLinear",
            Linear = "IptablesLinear",
            Flat = ["Dictionary", "FrozenDictionary"],
            Remark = "The walk is the whole job, from PREROUTING to the rewritten headers. A dictionary only finds the Service: choosing an endpoint and rewriting, which do not grow with the cluster, come on top.",
        },
        ["ChainBench"] = new()
        {
            Title = "Three ways through the same rules",
            Question = "What does kube-proxy's nat table cost a connection's first packet, by how its rules are searched?",
            Parameter = "Services",
            AxisTitle = "Services in the cluster",
            Baseline = "Linear",
            Linear = "Linear",
            Flat = ["Indexed", "IndexedBurst"],
            Remark = "From PREROUTING to the rewritten headers, the same verdicts, bytes and counters for all. Miss is a packet to no Service, which passes every dispatch rule. Restore is the harness bringing frames back, part of every other number.",
            Own = ["Vector", "Indexed", "IndexedBurst"],
            Rivals = ["Linear"],
            Like = [["Linear", "Vector", "Indexed", "IndexedBurst"]],
        },
        ["ClassifierBench"] = new()
        {
            Title = "Rules of every kind",
            Question = "What does it cost to find the first rule that matches, where rules have prefixes of all lengths and ranges of ports?",
            Parameter = "Rules",
            AxisTitle = "rules in the chain",
            Baseline = "Linear",
            Linear = "Linear",
            Flat = ["Indexed", "IndexedBurst"],
            Remark = "From the parsed packet to the verdict. acl, fw and ipc are made from a seed after the characters of the ClassBench paper; with a digit they are the sets published with it.",
            Own = ["Vector", "Indexed", "IndexedBurst"],
            Rivals = ["Linear"],
        },
        ["DatapathBench"] = new()
        {
            Title = "Whole nodes",
            Question = "What does a whole node cost a packet from a pod to a Service, by the way it does Services?",
            Parameter = "Mode",
            Baseline = "Established",
            Remark = "From the frame that comes in to the frame that goes out: parsed, tracked, translated, filtered, routed. Established is a later segment of a known connection, First a SYN with the collectors' work on older connections; Restore is the harness writing frames and part of both.",
            Like = [],
        },
        ["UserClusterBench"] = new()
        {
            Title = "Your cluster",
            Question = "What does a whole node of your cluster cost a packet from a pod to a Service, by the way it does Services?",
            Parameter = "Mode",
            Baseline = "Established",
            Remark = "Your Services and pods, on the node with the most of them; what was left out stands in the notes. Established is a later packet of a known connection, First that of a new one with the collectors' work on older connections; Restore is the harness writing frames and part of both.",
            Like = [],
        },
        ["UserRulesBench"] = new()
        {
            Title = "Your rules",
            Question = "What does the first packet of a connection cost under your own rules, by how they are searched?",
            Baseline = "IptablesLinear",
            Remark = "IptablesLinear, IptablesVector and IptablesIndexed are nat/PREROUTING, those of a traversal every table from arrival to departure. A dictionary only finds the Service, where the dump has some.",
            Like = [["IptablesLinear", "IptablesVector", "IptablesIndexed"], ["IptablesTraversal", "IptablesVectorTraversal", "IptablesIndexedTraversal"], ["Dictionary", "FrozenDictionary"]],
        },
        ["OverlayBench"] = new()
        {
            Title = "The overlay's price",
            Question = "What does it cost to put a packet into a tunnel and take it out, by its length, and to route it as it is?",
            Parameter = "Bytes",
            AxisTitle = "bytes of the inner packet",
            Baseline = "VxlanEncap",
            Remark = "Frames in the nearer caches, outer checksum off unless the name says otherwise. VxlanEncapCopy is for frames without headroom, Copy the copy in it.",
            Like = [["VxlanEncap", "GeneveEncap", "IpipEncap"]],
        },
        ["ConntrackBench"] = new()
        {
            Title = "Connection tracking",
            Question = "What does connection tracking cost a packet: of a known connection, of a new one, in a full table?",
            Parameter = "Connections",
            AxisTitle = "connections in the table",
            Baseline = "EstablishedBurst",
            Like = [["Established", "EstablishedBurst"], ["NewConnection", "NewAtCapacity"]],
        },
        ["ShardedConntrackBench"] = new()
        {
            Title = "Connection tracking by several workers",
            Question = "What do workers with a core and a table each do together?",
            Parameter = "Workers",
            AxisTitle = "workers",
            Baseline = "EstablishedBurst",
            Remark = "The time from the first packet to the last of all workers, shared out: with two workers on two cores half of what one takes would be ideal. Workers beyond the machine's cores wait for one another.",
        },
        ["IpvsBench"] = new()
        {
            Title = "IPVS",
            Question = "What does IPVS cost a packet of a known connection, and one that opens a connection?",
            Parameter = "Services",
            AxisTitle = "Services of the node",
            Baseline = "Forward",
            Remark = "WritePackets is the harness writing the packets, part of both others.",
            Like = [],
        },
        ["IpvsScheduleBench"] = new()
        {
            Title = "IPVS schedulers",
            Question = "What does the choice of a real server cost, by how many there are?",
            Parameter = "Servers",
            AxisTitle = "real servers of the service",
            Baseline = "Schedule",
            Like = [],
        },
        ["LruBench"] = new()
        {
            Title = "LRU maps",
            Question = "What does it cost to keep the flows used last: looked up, and put into a full map?",
            Parameter = "Entries",
            AxisTitle = "entries, the map full",
            Baseline = "ExactLookup",
            Like = [["ExactLookup", "ClockLookup", "ClockLookupBurst", "BpfLookup"], ["ExactInsertEvict", "ClockInsertEvict", "BpfInsertEvict"]],
        },
        ["SegmentBench"] = new()
        {
            Title = "Segmentation",
            Question = "What does it cost to cut 64 KB of a flow into wire-sized packets, checksums included?",
            Baseline = "CopyThenSum",
            Own = ["Segment", "Udp", "TcpInVxlan"],
            Rivals = ["CopyThenSum"],
            Like = [["CopyThenSum", "Segment", "Udp", "TcpInVxlan"]],
        },
        ["ChecksumBench"] = new()
        {
            Title = "Internet checksum",
            Question = "What does the checksum of a packet cost, by its length?",
            Parameter = "Bytes",
            AxisTitle = "bytes summed",
            Baseline = "Scalar",
            Own = ["Internet"],
            Rivals = ["Scalar", "WordByWord"],
        },
        ["UpdateBench"] = new()
        {
            Title = "Changing rules",
            Question = "One endpoint of a cluster changes: what does it cost to reload everything, and to replace one service's chains?",
            Parameter = "Services",
            AxisTitle = "Services in the cluster",
            Baseline = "FullReload",
            Like = [["FullReload", "OneEndpoint"]],
        },
        ["LoadBench"] = new()
        {
            Title = "Loading rules",
            Question = "How long until kube-proxy's rules, as text, are ready for packets?",
            Parameter = "Services",
            AxisTitle = "Services in the cluster",
            Baseline = "Everything",
            Remark = "Everything is from text to all three matchers, over rules compiled once. The allocated bytes in the records are managed memory, garbage included.",
            Like = [],
        },
        ["MaglevBench"] = new()
        {
            Title = "Maglev lookups",
            Question = "What does it cost to pick a backend the way Cilium and Katran do, flow hash and all?",
            Baseline = "Lookup",
            Like = [["Lookup", "LookupBurst"]],
        },
        ["MaglevBuildBench"] = new()
        {
            Title = "Maglev tables",
            Question = "How long does a new table take when a backend comes or goes?",
            Baseline = "Paper",
        },
        ["FlowMapBench"] = new()
        {
            Title = "Flow table lookups",
            Question = "What does a lookup in a flow table cost, by its size, by how many are in one call, and by how many find something?",
            Parameter = "Entries",
            AxisTitle = "entries, the table full",
            Baseline = "Dictionary",
            Remark = "Keys of 16 bytes, values of 8, over a million queries in random order. Lookup asks for one key a call, LookupBurst for 32, LookupStream for 4,096.",
            Own = ["Lookup", "LookupBurst", "LookupStream"],
            Rivals = ["Dictionary", "FrozenDictionary", "ConcurrentDictionary"],
            Shown = "Hits=100",
        },
        ["FlowMapUpdateBench"] = new()
        {
            Title = "Flow table changes",
            Question = "What does changing a full flow table cost?",
            Parameter = "Entries",
            AxisTitle = "entries, the table full",
            Baseline = "Churn",
            Like = [["Churn", "ChurnBatch"]],
        },
        ["RouteTableBench"] = new()
        {
            Title = "Routes",
            Question = "What does it cost to find the route of an address, and to change one?",
            Parameter = "Routes",
            AxisTitle = "routes in the table",
            Baseline = "Dictionaries",
            Own = ["Lookup", "LookupBurst"],
            Rivals = ["Dictionaries"],
            Like = [["Dictionaries", "Lookup", "LookupBurst"]],
        },
        ["ParseBench"] = new()
        {
            Title = "From frame to flow key",
            Question = "What does it cost to find a packet's flow key in its bytes?",
            Parameter = "Traffic",
            Baseline = "FlowKey",
            Own = ["FlowKeyBurst"],
            Rivals = ["FlowKey"],
        },
        ["HashBench"] = new()
        {
            Title = "Hashes",
            Question = "What does it cost to hash a flow key, by the hashes that real datapaths use?",
            Parameter = "KeyBytes",
            AxisTitle = "bytes in the key",
            Baseline = "Flow",
            Own = ["Flow"],
            Rivals = ["Jenkins", "SipHash24", "SipHash13", "Murmur128", "Crc", "XxHash", "Toeplitz"],
        },
    };

    private static readonly Dictionary<string, string> Labels = new(StringComparer.Ordinal)
    {
        ["IptablesLinear"] = "iptables, rule by rule",
        ["IptablesVector"] = "iptables, in columns",
        ["IptablesIndexed"] = "iptables, by index",
        ["Linear"] = "rule by rule",
        ["Vector"] = "in columns",
        ["Indexed"] = "by index",
        ["IndexedBurst"] = "by index, in bursts",
        ["Dictionary"] = "hash map",
        ["FrozenDictionary"] = "frozen hash map",
    };

    /// <summary>The section's heading.</summary>
    public required string Title { get; init; }

    /// <summary>What the suite asks; empty when nobody wrote it down.</summary>
    public string Question { get; init; } = "";

    /// <summary>What must be known to compare its benchmarks fairly; may be empty.</summary>
    public string Remark { get; init; } = "";

    /// <summary>The parameter to draw along, or, when its values are texts, to list down the rows; null: the first numeric one with several values.</summary>
    public string? Parameter { get; init; }

    /// <summary>The words under the horizontal axis; null: the parameter's name.</summary>
    public string? AxisTitle { get; init; }

    /// <summary>The benchmark that the others are compared with; null, or not measured: the first.</summary>
    public string? Baseline { get; init; }

    /// <summary>The benchmark whose cost grows with the parameter, in suites that compare O(N) with O(1).</summary>
    public string? Linear { get; init; }

    /// <summary>The benchmarks whose cost does not, the one to quote first.</summary>
    public IReadOnlyList<string> Flat { get; init; } = [];

    /// <summary>What we offer, in suites that hold it against something else.</summary>
    public IReadOnlyList<string> Own { get; init; } = [];

    /// <summary>What a reader could take instead of <see cref="Own"/>: where one of these is faster, we lose.</summary>
    public IReadOnlyList<string> Rivals { get; init; } = [];

    /// <summary>
    /// The benchmarks that do the same work, in groups, each held against its first under "What lost"; null: all of the suite against <see cref="Baseline"/>. Others are
    /// different work, of which one is dearer because it is more.
    /// </summary>
    public IReadOnlyList<IReadOnlyList<string>>? Like { get; init; }

    /// <summary>The parameters of the panel to show where there is room for one, such as <c>Hits=100</c>; null: the first.</summary>
    public string? Shown { get; init; }

    /// <summary>The suites in the order of the report: those written about first, the others after by name.</summary>
    public static int Rank(string suite)
    {
        int rank = Known.Keys.ToList().IndexOf(suite);
        return rank < 0 ? int.MaxValue : rank;
    }

    /// <summary>The text of a suite.</summary>
    public static SuiteText Of(string suite) => Known.GetValueOrDefault(suite) ?? new SuiteText { Title = Spaced(suite) };

    /// <summary>The words for a benchmark in prose and charts; its own name when there are none.</summary>
    public static string LabelOf(string benchmark) => Labels.GetValueOrDefault(benchmark, benchmark);

    /// <summary><c>FlowMapBench</c> becomes <c>Flow map</c>.</summary>
    private static string Spaced(string suite)
    {
        string name = suite.EndsWith("Bench", StringComparison.Ordinal) && suite.Length > 5 ? suite[..^5] : suite;
        StringBuilder words = new();
        for (int i = 0; i < name.Length; i++)
        {
            bool starts = i > 0 && char.IsUpper(name[i]) && char.IsLower(name[i - 1]);
            if (starts)
                words.Append(' ');
            bool alone = i + 1 == name.Length || char.IsLower(name[i + 1]);
            words.Append(starts && alone ? char.ToLowerInvariant(name[i]) : name[i]);
        }

        return words.ToString();
    }
}
