namespace DatapathKernels.Formats.Kubernetes.NetworkPolicies;

/// <summary>
/// Reads what <c>kubectl get networkpolicies,pods,namespaces -A -o yaml</c> (or <c>-o json</c>) prints: lists, single objects,
/// several documents in one file.
/// </summary>
/// <remarks>
/// A namespace without an object of its own has no label but its name. Pods that policies do not reach (on the host's network,
/// without an address yet, finished) and objects of other kinds are left out and named in the notes.
/// </remarks>
public static class NetworkPolicyReader
{
    /// <summary>Reads a file.</summary>
    /// <param name="path">The file; YAML or JSON.</param>
    /// <param name="notes">What was left out.</param>
    /// <exception cref="ManifestFormatException">Not YAML or JSON, or a field has a value it cannot have.</exception>
    public static PolicyModel ReadFile(string path, out IReadOnlyList<ManifestNote> notes)
    {
        using StreamReader reader = new(path);
        return Read(reader, path, out notes);
    }

    /// <summary>Reads text.</summary>
    /// <param name="reader">YAML or JSON.</param>
    /// <param name="file">The name for errors.</param>
    /// <param name="notes">What was left out.</param>
    /// <exception cref="ManifestFormatException">Not YAML or JSON, or a field has a value it cannot have.</exception>
    public static PolicyModel Read(TextReader reader, string file, out IReadOnlyList<ManifestNote> notes)
    {
        ArgumentNullException.ThrowIfNull(reader);
        ManifestPolicies policies = new();
        foreach (ManifestNode root in ManifestText.Roots(reader, file))
        {
            foreach ((string kind, ManifestNode node) in ManifestText.Objects(root))
                AddObject(policies, kind, node);
        }

        PolicyModel model = policies.Build();
        notes = policies.Notes;
        return model;
    }

    private static void AddObject(ManifestPolicies policies, string kind, ManifestNode node)
    {
        if (!policies.TryAdd(kind, node))
            policies.Note($"kind {kind}: not a NetworkPolicy, Pod or Namespace", node.Line);
    }
}
