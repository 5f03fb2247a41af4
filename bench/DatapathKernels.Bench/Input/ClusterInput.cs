using System.Net;
using System.Text;
using DatapathKernels.Bench.Cli;
using DatapathKernels.Formats.Clusters;
using DatapathKernels.Formats.Kubernetes;
using DatapathKernels.Formats.Kubernetes.NetworkPolicies;

namespace DatapathKernels.Bench.Input;

/// <summary>The user's cluster out of manifests: one of its nodes, that node's pods as clients, the services they can reach, and what must be said about them.</summary>
internal sealed class ClusterInput
{
    /// <summary>Names the <c>--services</c> files to the processes that measure, one a line.</summary>
    public const string ServicesVariable = "DATAPATH_SERVICES";

    /// <summary>Names the <c>--policies</c> files, one a line.</summary>
    public const string PoliciesVariable = "DATAPATH_POLICIES";

    private ClusterInput(ClusterManifests manifests, bool hasPolicies, CaptureInput? capture, string files)
    {
        Cluster = manifests.Cluster;
        if (Cluster.Services.Count == 0)
            throw new BadInputException($"{files}: no Service in it that a proxy programs; expected Services and EndpointSlices as kubectl prints them");
        Policies = hasPolicies ? manifests.Policies : null;
        Node = Cluster.Nodes.MaxBy(node => PodsOf(node).Count())!;
        IReadOnlyList<ServiceTarget> targets = ServiceTarget.In(Cluster, Node, out IReadOnlyDictionary<string, int> left);
        IPAddress[] clients = [.. PodsOf(Node)];
        ServiceTarget[] reachable = [.. targets.Where(target => clients.Any(client => client.AddressFamily == target.Address.AddressFamily))];
        if (reachable.Length == 0)
            throw new BadInputException($"{files}: no Service with a cluster IP, a usable endpoint and a pod on node {Node.Name} to ask for it; expected at least one");
        Targets = reachable.Length;
        Groups = new ClusterDraw(this, clients, reachable, capture).Draw(out IReadOnlyList<string> drawn);
        if (Groups.Count == 0)
            throw new BadInputException($"{files}: the policies let no pod of node {Node.Name} through to a Service; expected at least one such pair");
        Notes = [.. Describe(manifests, left, targets.Count - reachable.Length, clients.Length), .. drawn];
    }

    /// <summary>The cluster.</summary>
    public Cluster Cluster { get; }

    /// <summary>Its policies; null when none were given.</summary>
    public PolicyModel? Policies { get; }

    /// <summary>The node that is measured: the one with the most pods.</summary>
    public ClusterNode Node { get; }

    /// <summary>Service ports that can be reached from it.</summary>
    public int Targets { get; }

    /// <summary>The traffic: bursts of one client each.</summary>
    public IReadOnlyList<ClientGroup> Groups { get; }

    /// <summary>What the user should know: what is measured, what was left out or made up, and why.</summary>
    public IReadOnlyList<string> Notes { get; }

    /// <summary>Reads the files that <see cref="ServicesVariable"/> and <see cref="PoliciesVariable"/> name, and the capture's mix of services.</summary>
    public static ClusterInput FromEnvironment() =>
        Load(Files(ServicesVariable) ?? throw new InvalidOperationException($"{ServicesVariable} is not set"), Files(PoliciesVariable), CaptureInput.FromEnvironment());

    /// <summary>The lines of a variable; null when it is not set.</summary>
    public static string[]? Files(string variable) => Environment.GetEnvironmentVariable(variable) is { Length: > 0 } lines ? lines.Split('\n') : null;

    /// <summary>Reads manifests; files packed with gzip are unpacked.</summary>
    /// <exception cref="BadInputException">They are none, or nothing in them can be measured.</exception>
    public static ClusterInput Load(IReadOnlyList<string> services, IReadOnlyList<string>? policies, CaptureInput? capture = null)
    {
        string files = string.Join(", ", services);
        List<(string, TextReader)> texts = [];
        foreach (string path in services.Concat(policies ?? []).Distinct())
            texts.Add((path, Open(path)));
        try
        {
            ClusterManifests manifests = ClusterManifests.Read(texts);
            if (policies is not null && manifests.Policies.Policies.Count == 0)
                throw new BadInputException($"{string.Join(", ", policies)}: no NetworkPolicy of networking.k8s.io/v1; expected at least one");
            return new ClusterInput(manifests, policies is not null, capture, files);
        }
        catch (ManifestFormatException wrong)
        {
            throw new BadInputException(wrong.Message.ReplaceLineEndings(" "));
        }
    }

    private static StreamReader Open(string path)
    {
        try
        {
            byte[] bytes = InputFile.ReadAll(path);
            InputFile.RequireText(bytes, path, "manifests as kubectl prints them");
            return new StreamReader(new MemoryStream(bytes), Encoding.UTF8);
        }
        catch (Exception e) when (e is IOException or InvalidDataException or UnauthorizedAccessException)
        {
            throw new BadInputException($"{path}: {e.Message.TrimEnd('.')}; expected manifests as kubectl prints them");
        }
    }

    private IEnumerable<IPAddress> PodsOf(ClusterNode node) =>
        Cluster.Pods.Where(pod => pod.Node == node).SelectMany(pod => new[] { pod.IPv4, pod.IPv6 }).OfType<IPAddress>();

    private IEnumerable<string> Describe(ClusterManifests manifests, IReadOnlyDictionary<string, int> left, int withoutClient, int clients)
    {
        yield return $"cluster: {Cluster.Services.Count} Services, {Targets} service ports measured, from {clients} pod addresses of node {Node.Name}, the one of {Cluster.Nodes.Count} with the most";
        foreach ((string reason, int count) in left)
            yield return $"cluster: not asked: {count} service ports {reason}";
        if (withoutClient > 0)
            yield return $"cluster: not asked: {withoutClient} service ports of a family that no pod of node {Node.Name} has";
        foreach (ManifestNote note in manifests.Notes)
            yield return note.File.Length > 0 ? $"{Path.GetFileName(note.File)}: left out: {note}" : $"cluster: {note}";
        if (Policies is null)
            yield break;
        int isolated = Policies.PodPolicies.Count(pod => pod.Pod.Node == Node.Name && (pod.Ingress is not null || pod.Egress is not null));
        yield return $"policies: {Policies.Policies.Count} NetworkPolicies over {Policies.Pods.Count} pods; they isolate {isolated} pods of node {Node.Name}";
    }
}
