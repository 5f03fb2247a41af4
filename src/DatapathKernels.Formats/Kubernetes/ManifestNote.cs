using System.Globalization;

namespace DatapathKernels.Formats.Kubernetes;

/// <summary>Something a reader of manifests left out, said once a kind.</summary>
/// <param name="What">What it was and why it was left out, for example <c>kind Pod: not a Service, EndpointSlice or Node</c>.</param>
/// <param name="Line">The line of the first one, from 1; 0 when it is in no place.</param>
/// <param name="Count">How many.</param>
public readonly record struct ManifestNote(string What, int Line, int Count)
{
    /// <summary>The file, where several were read together; otherwise empty.</summary>
    public string File { get; init; } = "";

    /// <summary>For example <c>kind Pod: not a Service, EndpointSlice or Node (line 10 and 2 more)</c>.</summary>
    public override string ToString()
    {
        string more = Count > 1 ? string.Create(CultureInfo.InvariantCulture, $"{Count - 1} more") : "";
        string place = Line > 0 ? string.Create(CultureInfo.InvariantCulture, $"line {Line}{(more.Length > 0 ? " and " : "")}{more}") : more;
        return place.Length > 0 ? $"{What} ({place})" : What;
    }
}
