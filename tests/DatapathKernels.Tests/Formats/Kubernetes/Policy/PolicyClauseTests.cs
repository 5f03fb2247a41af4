using DatapathKernels.Filtering;
using Xunit;

namespace DatapathKernels.Tests.Formats.Kubernetes.Policy;

/// <summary>Each clause of a NetworkPolicy by itself, in every form.</summary>
public class PolicyClauseTests
{
    private const string Web = "10.1.0.1", Db = "10.1.0.2", Other = "10.1.1.1", Bare = "10.1.2.1", Node1 = "172.16.0.1", Node2 = "172.16.0.2", Outside = "192.0.2.9";

    /// <summary>Web and db in shop on n1, other in blog on n2, and a pod without labels in a namespace without an object.</summary>
    private const string Cluster = """
        kind: Namespace
        metadata: {name: shop, labels: {team: red}}
        ---
        kind: Namespace
        metadata: {name: blog, labels: {team: blue, tier: low}}
        ---
        kind: Pod
        metadata: {name: web, namespace: shop, labels: {app: web, version: "2"}}
        spec: {nodeName: n1, containers: [{ports: [{name: http, containerPort: 8080}, {name: dns, protocol: UDP, containerPort: 53}, {containerPort: 9}]}]}
        status: {podIPs: [{ip: 10.1.0.1}, {ip: "fd00::1:1"}], hostIPs: [{ip: 172.16.0.1}, {ip: "fd00:a::1"}]}
        ---
        kind: Pod
        metadata: {name: db, namespace: shop, labels: {app: db}}
        spec: {nodeName: n1, containers: [{ports: [{name: http, containerPort: 81}]}]}
        status: {podIPs: [{ip: 10.1.0.2}, {ip: "fd00::1:2"}], hostIPs: [{ip: 172.16.0.1}, {ip: "fd00:a::1"}]}
        ---
        kind: Pod
        metadata: {name: other, namespace: blog, labels: {app: web}}
        spec: {nodeName: n2, containers: [{ports: [{name: http, containerPort: 82}]}]}
        status: {podIPs: [{ip: 10.1.1.1}, {ip: "fd00::2:1"}], hostIPs: [{ip: 172.16.0.2}, {ip: "fd00:a::2"}]}
        ---
        kind: Pod
        metadata: {name: bare, namespace: none}
        spec: {nodeName: n2}
        status: {podIPs: [{ip: 10.1.2.1}], hostIPs: [{ip: 172.16.0.2}]}
        """;

    private static readonly string[] Everyone = [Web, Db, Other, Bare, Node1, Node2, Outside];

    [Fact]
    public void Without_policies_everything_passes()
    {
        using PolicyForms forms = new(Cluster);
        foreach (string from in Everyone)
            Assert.All(Everyone, to => Assert.True(forms.Check(PolicyFlow.Parse($"{from} > {to} tcp/80"))));
    }

    [Theory]
    // Default deny, and what it leaves: the node, the pod itself, other namespaces, the other direction.
    [InlineData("podSelector: {}", $"{Outside} > {Web} tcp/80", false)]
    [InlineData("podSelector: {}", $"{Db} > {Web} icmp", false)]
    [InlineData("podSelector: {}", $"{Node1} > {Web} tcp/80", true)]
    [InlineData("podSelector: {}", $"{Node2} > {Web} tcp/80", false)]
    [InlineData("podSelector: {}", "fd00:a::1 > fd00::1:1 udp/9", true)]
    [InlineData("podSelector: {}", $"{Web} > {Web} tcp/80", true)]
    [InlineData("podSelector: {}", $"{Web} > {Other} tcp/80", true)]
    [InlineData("podSelector: {}", "fd00::1:2 > fd00::1:1 tcp/80", false)]
    [InlineData("podSelector: {}, policyTypes: [Egress]", $"{Web} > {Other} tcp/80", false)]
    [InlineData("podSelector: {}, policyTypes: [Egress]", $"{Web} > {Node1} tcp/80", true)]
    [InlineData("podSelector: {}, policyTypes: [Egress]", $"{Other} > {Web} tcp/80", true)]
    // Types that are not given.
    [InlineData("podSelector: {}, egress: [{}]", $"{Other} > {Web} tcp/80", false)]
    [InlineData("podSelector: {}, egress: [{ports: [{port: 80}]}]", $"{Web} > {Other} tcp/81", false)]
    [InlineData("podSelector: {}, egress: []", $"{Web} > {Other} tcp/80", true)]
    [InlineData("podSelector: {}, ingress: [{}], egress: [{}], policyTypes: [Ingress]", $"{Web} > {Outside} tcp/80", true)]
    // A rule without peers and ports; empty lists mean the same as missing ones.
    [InlineData("podSelector: {}, ingress: [{}]", $"{Outside} > {Web} icmp", true)]
    [InlineData("podSelector: {}, ingress: [{from: [], ports: []}]", $"{Outside} > {Web} tcp/80", true)]
    [InlineData("podSelector: {}, ingress: []", $"{Outside} > {Web} tcp/80", false)]
    // Which pods the policy is for.
    [InlineData("podSelector: {matchLabels: {app: web}}", $"{Outside} > {Db} tcp/80", true)]
    [InlineData("podSelector: {matchLabels: {app: web}}", $"{Outside} > {Web} tcp/80", false)]
    [InlineData("podSelector: {matchLabels: {app: web, version: '1'}}", $"{Outside} > {Web} tcp/80", true)]
    [InlineData("podSelector: {matchExpressions: [{key: app, operator: In, values: [a, db]}]}", $"{Outside} > {Db} tcp/80", false)]
    [InlineData("podSelector: {matchExpressions: [{key: app, operator: In, values: [a, db]}]}", $"{Outside} > {Web} tcp/80", true)]
    [InlineData("podSelector: {matchExpressions: [{key: version, operator: NotIn, values: ['1']}]}", $"{Outside} > {Db} tcp/80", false)]
    [InlineData("podSelector: {matchExpressions: [{key: version, operator: NotIn, values: ['2']}]}", $"{Outside} > {Web} tcp/80", true)]
    [InlineData("podSelector: {matchExpressions: [{key: version, operator: Exists}]}", $"{Outside} > {Web} tcp/80", false)]
    [InlineData("podSelector: {matchExpressions: [{key: version, operator: Exists}]}", $"{Outside} > {Db} tcp/80", true)]
    [InlineData("podSelector: {matchExpressions: [{key: version, operator: DoesNotExist}]}", $"{Outside} > {Db} tcp/80", false)]
    [InlineData("podSelector: {matchLabels: {app: web}, matchExpressions: [{key: version, operator: DoesNotExist}]}", $"{Outside} > {Web} tcp/80", true)]
    // Peers: pods of the own namespace, of others, both at once, one or the other.
    [InlineData("podSelector: {matchLabels: {app: db}}, ingress: [{from: [{podSelector: {matchLabels: {app: web}}}]}]", $"{Web} > {Db} tcp/80", true)]
    [InlineData("podSelector: {matchLabels: {app: db}}, ingress: [{from: [{podSelector: {matchLabels: {app: web}}}]}]", $"{Other} > {Db} tcp/80", false)]
    [InlineData("podSelector: {matchLabels: {app: db}}, ingress: [{from: [{podSelector: {}}]}]", $"{Web} > {Db} icmp", true)]
    [InlineData("podSelector: {matchLabels: {app: db}}, ingress: [{from: [{podSelector: {}}]}]", $"{Outside} > {Db} icmp", false)]
    [InlineData("podSelector: {}, ingress: [{from: [{namespaceSelector: {matchLabels: {team: blue}}}]}]", $"{Other} > {Db} udp/7", true)]
    [InlineData("podSelector: {}, ingress: [{from: [{namespaceSelector: {matchLabels: {team: blue}}}]}]", $"{Web} > {Db} udp/7", false)]
    [InlineData("podSelector: {}, ingress: [{from: [{namespaceSelector: {}}]}]", $"{Bare} > {Db} udp/7", true)]
    [InlineData("podSelector: {}, ingress: [{from: [{namespaceSelector: {}}]}]", $"{Outside} > {Db} udp/7", false)]
    [InlineData("podSelector: {}, ingress: [{from: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: none}}}]}]", $"{Bare} > {Db} udp/7", true)]
    [InlineData("podSelector: {}, ingress: [{from: [{namespaceSelector: {matchExpressions: [{key: tier, operator: DoesNotExist}]}}]}]", $"{Other} > {Db} udp/7", false)]
    [InlineData("podSelector: {}, ingress: [{from: [{namespaceSelector: {}, podSelector: {matchLabels: {app: web}}}]}]", $"{Other} > {Db} udp/7", true)]
    [InlineData("podSelector: {}, ingress: [{from: [{namespaceSelector: {}, podSelector: {matchLabels: {app: web}}}]}]", $"{Bare} > {Db} udp/7", false)]
    [InlineData("podSelector: {}, ingress: [{from: [{namespaceSelector: {matchLabels: {team: blue}}, podSelector: {matchLabels: {app: db}}}]}]", $"{Other} > {Db} udp/7", false)]
    [InlineData("podSelector: {}, ingress: [{from: [{namespaceSelector: {matchLabels: {team: blue}}}, {podSelector: {matchLabels: {app: db}}}]}]", $"{Db} > {Web} udp/7", true)]
    // Blocks.
    [InlineData("podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 192.0.2.0/24}}]}]", $"{Outside} > {Web} tcp/1", true)]
    [InlineData("podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 192.0.2.77/24}}]}]", $"{Outside} > {Web} tcp/1", true)]
    [InlineData("podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 192.0.2.0/24}}]}]", "192.0.3.9 > 10.1.0.1 tcp/1", false)]
    [InlineData("podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 192.0.0.0/16, except: [192.0.2.0/24, 192.0.4.0/30]}}]}]", $"{Outside} > {Web} tcp/1", false)]
    [InlineData("podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 192.0.0.0/16, except: [192.0.2.0/24, 192.0.4.0/30]}}]}]", "192.0.4.3 > 10.1.0.1 tcp/1", false)]
    [InlineData("podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 192.0.0.0/16, except: [192.0.2.0/24, 192.0.4.0/30]}}]}]", "192.0.4.4 > 10.1.0.1 tcp/1", true)]
    [InlineData("podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 192.0.0.0/16, except: [192.0.2.0/24]}}, {ipBlock: {cidr: 192.0.2.8/29}}]}]", $"{Outside} > {Web} tcp/1", true)]
    [InlineData("podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 0.0.0.0/0}}]}]", $"{Outside} > {Web} tcp/1", true)]
    [InlineData("podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 0.0.0.0/0}}]}]", $"{Other} > {Web} tcp/1", true)]
    [InlineData("podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 0.0.0.0/0, except: [10.0.0.0/8]}}]}]", $"{Other} > {Web} tcp/1", false)]
    [InlineData("podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 0.0.0.0/0}}]}]", "2001:db8::1 > fd00::1:1 tcp/1", false)]
    [InlineData("podSelector: {}, ingress: [{from: [{ipBlock: {cidr: '2001:db8::/32', except: ['2001:db8:1::/48']}}]}]", "2001:db8::1 > fd00::1:1 tcp/1", true)]
    [InlineData("podSelector: {}, ingress: [{from: [{ipBlock: {cidr: '2001:db8::/32', except: ['2001:db8:1::/48']}}]}]", "2001:db8:1::1 > fd00::1:1 tcp/1", false)]
    [InlineData("podSelector: {}, policyTypes: [Egress], egress: [{to: [{ipBlock: {cidr: 10.1.1.0/24}}]}]", $"{Web} > {Other} tcp/1", true)]
    [InlineData("podSelector: {}, policyTypes: [Egress], egress: [{to: [{ipBlock: {cidr: 10.1.1.0/24}}]}]", $"{Web} > {Bare} tcp/1", false)]
    // Ports.
    [InlineData("podSelector: {}, ingress: [{ports: [{port: 80}]}]", $"{Outside} > {Web} tcp/80", true)]
    [InlineData("podSelector: {}, ingress: [{ports: [{port: 80}]}]", $"{Outside} > {Web} tcp/81", false)]
    [InlineData("podSelector: {}, ingress: [{ports: [{port: 80}]}]", $"{Outside} > {Web} udp/80", false)]
    [InlineData("podSelector: {}, ingress: [{ports: [{port: 80}]}]", $"{Outside} > {Web} icmp", false)]
    [InlineData("podSelector: {}, ingress: [{ports: [{port: 80}]}]", $"{Outside} > {Web} tcp fragment", false)]
    [InlineData("podSelector: {}, ingress: [{ports: [{protocol: SCTP, port: 80}]}]", $"{Outside} > {Web} sctp/80", true)]
    [InlineData("podSelector: {}, ingress: [{ports: [{protocol: UDP}]}]", $"{Outside} > {Web} udp/5", true)]
    [InlineData("podSelector: {}, ingress: [{ports: [{protocol: UDP}]}]", $"{Outside} > {Web} udp fragment", true)]
    [InlineData("podSelector: {}, ingress: [{ports: [{protocol: UDP}]}]", $"{Outside} > {Web} tcp/5", false)]
    [InlineData("podSelector: {}, ingress: [{ports: [{port: 8000, endPort: 8079}]}]", $"{Outside} > {Web} tcp/8079", true)]
    [InlineData("podSelector: {}, ingress: [{ports: [{port: 8000, endPort: 8079}]}]", $"{Outside} > {Web} tcp/8080", false)]
    [InlineData("podSelector: {}, ingress: [{ports: [{port: 8000, endPort: 8079}]}]", $"{Outside} > {Web} tcp/7999", false)]
    [InlineData("podSelector: {}, ingress: [{ports: [{port: 1, endPort: 65535}]}]", $"{Outside} > {Web} tcp/65535", true)]
    [InlineData("podSelector: {}, ingress: [{ports: [{port: 1, endPort: 65535}]}]", $"{Outside} > {Web} tcp/0", false)]
    [InlineData("podSelector: {}, ingress: [{from: [{podSelector: {}}], ports: [{port: 80}]}]", $"{Outside} > {Web} tcp/80", false)]
    [InlineData("podSelector: {}, ingress: [{from: [{podSelector: {}}]}, {ports: [{port: 80}]}]", $"{Outside} > {Web} tcp/80", true)]
    // Names of ports are the destination's.
    [InlineData("podSelector: {}, ingress: [{ports: [{port: http}]}]", $"{Outside} > {Web} tcp/8080", true)]
    [InlineData("podSelector: {}, ingress: [{ports: [{port: http}]}]", $"{Outside} > {Db} tcp/8080", false)]
    [InlineData("podSelector: {}, ingress: [{ports: [{port: http}]}]", $"{Outside} > {Db} tcp/81", true)]
    [InlineData("podSelector: {}, ingress: [{ports: [{port: dns}]}]", $"{Outside} > {Web} udp/53", false)]
    [InlineData("podSelector: {}, ingress: [{ports: [{port: dns, protocol: UDP}]}]", $"{Outside} > {Web} udp/53", true)]
    [InlineData("podSelector: {}, policyTypes: [Egress], egress: [{ports: [{port: http}]}]", $"{Web} > {Other} tcp/82", true)]
    [InlineData("podSelector: {}, policyTypes: [Egress], egress: [{ports: [{port: http}]}]", $"{Web} > {Other} tcp/8080", false)]
    [InlineData("podSelector: {}, policyTypes: [Egress], egress: [{ports: [{port: http}]}]", $"{Web} > {Outside} tcp/82", false)]
    [InlineData("podSelector: {}, policyTypes: [Egress], egress: [{to: [{namespaceSelector: {}}], ports: [{port: http}]}]", $"{Web} > {Db} tcp/81", true)]
    [InlineData("podSelector: {}, policyTypes: [Egress], egress: [{to: [{ipBlock: {cidr: 10.0.0.0/8}}], ports: [{port: http}]}]", $"{Web} > {Other} tcp/82", true)]
    [InlineData("podSelector: {}, policyTypes: [Egress], egress: [{to: [{podSelector: {}}], ports: [{port: http}]}]", $"{Web} > {Other} tcp/82", false)]
    public void A_policy_in_shop(string spec, string flow, bool allowed)
    {
        using PolicyForms forms = new($"{Cluster}\n---\n{Policy("p", spec)}");
        Assert.Equal(allowed, forms.Check(PolicyFlow.Parse(flow)));
    }

    [Fact]
    public void Pods_of_equal_labels_may_give_a_name_different_numbers()
    {
        string twin = "{kind: Pod, metadata: {name: db2, namespace: shop, labels: {app: db}}, spec: {nodeName: n1, containers: [{ports: [{name: http, containerPort: 91}]}]}, status: {podIPs: [{ip: 10.1.0.3}]}}";
        using PolicyForms forms = new($"{Cluster}\n---\n{twin}\n---\n{Policy("p", "podSelector: {}, policyTypes: [Egress], egress: [{to: [{podSelector: {}}], ports: [{port: http}]}]")}");
        Assert.True(forms.Check(PolicyFlow.Parse($"{Web} > {Db} tcp/81")));
        Assert.False(forms.Check(PolicyFlow.Parse($"{Web} > {Db} tcp/91")));
        Assert.True(forms.Check(PolicyFlow.Parse($"{Web} > 10.1.0.3 tcp/91")));
        Assert.False(forms.Check(PolicyFlow.Parse($"{Web} > 10.1.0.3 tcp/81")));
    }

    [Fact]
    public void Policies_add_up()
    {
        using PolicyForms forms = new($"""
            {Cluster}
            ---
            {Policy("a", "podSelector: {}")}
            ---
            {Policy("b", "podSelector: {matchLabels: {app: web}}, ingress: [{ports: [{port: 80}]}]")}
            ---
            {Policy("c", "podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 192.0.2.0/24}}]}]")}
            """);
        Assert.True(forms.Check(PolicyFlow.Parse($"{Other} > {Web} tcp/80")));
        Assert.False(forms.Check(PolicyFlow.Parse($"{Other} > {Db} tcp/80")));
        Assert.True(forms.Check(PolicyFlow.Parse($"{Outside} > {Db} udp/9")));
        Assert.False(forms.Check(PolicyFlow.Parse($"{Other} > {Web} tcp/81")));
    }

    [Fact]
    public void Both_ends_must_allow()
    {
        string egress = Policy("out", "podSelector: {matchLabels: {app: web}}, policyTypes: [Egress], egress: [{to: [{namespaceSelector: {matchLabels: {team: blue}}}]}]");
        string ingress = Policy("in", "podSelector: {}, ingress: [{ports: [{port: 443}]}]").Replace("namespace: shop", "namespace: blog", StringComparison.Ordinal);
        using PolicyForms forms = new($"{Cluster}\n---\n{egress}\n---\n{ingress}", "n1", "n2");
        Assert.True(forms.Check(PolicyFlow.Parse($"{Web} > {Other} tcp/443")));
        Assert.False(forms.Check(PolicyFlow.Parse($"{Web} > {Other} tcp/80")));
        Assert.False(forms.Check(PolicyFlow.Parse($"{Web} > {Db} tcp/443")));
        Assert.True(forms.Check(PolicyFlow.Parse("fd00::1:1 > fd00::2:1 tcp/443")));
    }

    [Fact]
    public void Replies_pass_and_packets_of_no_connection_do_not()
    {
        using PolicyForms forms = new($"{Cluster}\n---\n{Policy("p", "podSelector: {}")}");
        PolicyFlow flow = PolicyFlow.Parse($"{Outside} > {Web} tcp/80");
        Assert.False(forms.Accepts(flow, ConnectionStates.New));
        Assert.True(forms.Accepts(flow, ConnectionStates.Established));
        Assert.True(forms.Accepts(flow, ConnectionStates.Related));
        Assert.False(forms.Accepts(PolicyFlow.Parse($"{Outside} > {Other} tcp/80"), ConnectionStates.Invalid));
    }

    [Fact]
    public void More_ports_than_one_multiport_takes()
    {
        string ports = string.Join(", ", Enumerable.Range(0, 40).Select(i => i % 3 == 0 ? $"{{port: {1000 + (i * 10)}, endPort: {1004 + (i * 10)}}}" : $"{{port: {1000 + (i * 10)}}}"));
        using PolicyForms forms = new($"{Cluster}\n---\n{Policy("p", $"podSelector: {{}}, ingress: [{{ports: [{ports}]}}]")}");
        int allowed = Enumerable.Range(990, 420).Count(port => forms.Check(PolicyFlow.Parse($"{Outside} > {Web} tcp/{port}")));
        Assert.Equal((14 * 5) + 26, allowed);
    }

    private static string Policy(string name, string spec) =>
        $"{{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {{name: {name}, namespace: shop}}, spec: {{{spec}}}}}";
}
