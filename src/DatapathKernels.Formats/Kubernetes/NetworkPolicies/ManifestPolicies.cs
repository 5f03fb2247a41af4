using System.Net;

namespace DatapathKernels.Formats.Kubernetes.NetworkPolicies;

/// <summary>Collects the objects of manifests and gives pods the labels of their namespaces, which may come in any order.</summary>
internal sealed class ManifestPolicies
{
    private const string NameLabel = "kubernetes.io/metadata.name";

    private readonly List<NetworkPolicy> _policies = [];
    private readonly List<PolicyPod> _pods = [];
    private readonly Dictionary<string, Dictionary<string, string>> _namespaces = [];
    private readonly HashSet<(string Kind, string Namespace, string Name)> _known = [];
    private readonly HashSet<IPAddress> _addresses = [];
    private readonly ManifestNotes _notes;

    /// <summary>Collects, with the notes of its own or with those it shares.</summary>
    public ManifestPolicies(ManifestNotes? notes = null) => _notes = notes ?? new();

    /// <summary>What was left out, in the order of first occurrence.</summary>
    public IReadOnlyList<ManifestNote> Notes => _notes.All;

    public void Note(string what, int line) => _notes.Add(what, line);

    /// <summary>Adds an object; false when it is of a kind that policies do not know.</summary>
    public bool TryAdd(string kind, ManifestNode node)
    {
        switch (kind)
        {
            case "NetworkPolicy":
                AddPolicy(node);
                return true;
            case "Pod":
                AddPod(node);
                return true;
            case "Namespace":
                AddNamespace(node);
                return true;
            default:
                return false;
        }
    }

    private void AddPolicy(ManifestNode node)
    {
        string version = node.Text("apiVersion");
        if (version is not ("networking.k8s.io/v1" or ""))
            Note($"NetworkPolicy of {version}: not of networking.k8s.io/v1", node.Line);
        else if (IsNew("NetworkPolicy", node, out string space, out string name))
            _policies.Add(PolicyManifest.Read(node, space, name));
    }

    private void AddNamespace(ManifestNode node)
    {
        ManifestNode metadata = node.Get("metadata");
        string name = metadata.Get("name").Text();
        Dictionary<string, string> labels = metadata.Texts("labels");
        labels[NameLabel] = name;
        if (!_namespaces.TryAdd(name, labels))
            Note($"Namespace {name}: in the file before", node.Line);
    }

    private void AddPod(ManifestNode node)
    {
        if (!IsNew("Pod", node, out string space, out string name))
            return;
        PolicyPod pod = PodManifest.Read(node, space, name, out string? left);
        IPAddress? taken = pod.Addresses.FirstOrDefault(_addresses.Contains);
        if (left is not null || taken is not null)
        {
            Note(left ?? $"pod with address {taken}: another pod has it", node.Line);
            return;
        }

        _addresses.UnionWith(pod.Addresses);
        _pods.Add(pod);
    }

    /// <summary>The model of everything added.</summary>
    public PolicyModel Build() => new([.. _pods.Select(pod => pod with { NamespaceLabels = LabelsOf(pod.Namespace) })], _policies);

    private Dictionary<string, string> LabelsOf(string space)
    {
        if (!_namespaces.TryGetValue(space, out Dictionary<string, string>? labels))
            _namespaces.Add(space, labels = new() { [NameLabel] = space });
        return labels;
    }

    private bool IsNew(string kind, ManifestNode node, out string space, out string name)
    {
        ManifestNode metadata = node.Get("metadata");
        space = metadata.Text("namespace") is { Length: > 0 } given ? given : "default";
        name = metadata.Get("name").Text();
        bool added = _known.Add((kind, space, name));
        if (!added)
            Note($"{kind} {space}/{name}: in the file before", node.Line);
        return added;
    }
}
