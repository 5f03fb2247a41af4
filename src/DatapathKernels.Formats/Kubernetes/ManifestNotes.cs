namespace DatapathKernels.Formats.Kubernetes;

/// <summary>Collects what a reader of manifests leaves out, once a kind and file.</summary>
internal sealed class ManifestNotes
{
    private readonly OrderedDictionary<(string File, string What), (int Line, int Count)> _notes = [];

    /// <summary>The file being read; empty where there is one only.</summary>
    public string File { get; set; } = "";

    /// <summary>All of them, in the order of first occurrence.</summary>
    public IReadOnlyList<ManifestNote> All => [.. _notes.Select(note => new ManifestNote(note.Key.What, note.Value.Line, note.Value.Count) { File = note.Key.File })];

    public void Add(string what, int line) =>
        _notes[(File, what)] = _notes.TryGetValue((File, what), out (int Line, int Count) known) ? (known.Line, known.Count + 1) : (line, 1);
}
