namespace DatapathKernels.Formats.Kubernetes;

/// <summary>Something a reader of manifests left out, said once a kind.</summary>
/// <param name="What">What it was and why it was left out, for example <c>kind Pod: not a Service, EndpointSlice or Node</c>.</param>
/// <param name="Line">The line of the first one, from 1.</param>
/// <param name="Count">How many.</param>
public readonly record struct ManifestNote(string What, int Line, int Count);
