using System.IO.Compression;
using System.Text.Json;
using DatapathKernels.Tests.Infrastructure;

namespace DatapathKernels.Tests.Formats.Captures;

/// <summary>
/// A third-party capture and what tshark says about it: one JSON object a frame, layers outermost first. Kept by name, so
/// that a failure says which.
/// </summary>
internal sealed record CorpusCapture(string Name, IReadOnlyList<string> Files, string Oracle)
{
    /// <summary>The frames tshark reports for the content of pcapng's custom blocks, which hold no packet.</summary>
    private static bool IsCustomBlock(JsonElement frame) => frame.TryGetProperty("n", out _) && !frame.TryGetProperty("encap", out _);

    /// <summary>Every capture of <c>pcap/</c>, then the peers' packets.</summary>
    public static IEnumerable<CorpusCapture> All => Captures.Concat(Peers);

    public static IEnumerable<CorpusCapture> Captures
    {
        get
        {
            using JsonDocument manifest = JsonDocument.Parse(File.ReadAllBytes(Corpus.PathOf("pcap", "MANIFEST.json")));
            foreach (JsonElement entry in manifest.RootElement.GetProperty("files").EnumerateArray())
            {
                string file = entry.GetProperty("file").GetString()!;
                yield return new CorpusCapture(Path.GetFileName(file), [Corpus.PathOf("pcap", file)], Corpus.PathOf("pcap", entry.GetProperty("oracle").GetString()!));
            }
        }
    }

    /// <summary>One oracle covers a peer's files, in the order of their names' link-type numbers.</summary>
    public static IEnumerable<CorpusCapture> Peers =>
        new[] { "cilium", "gopacket", "katran", "pcapplusplus" }.Select(peer => new CorpusCapture(
            peer,
            [.. Directory.GetFiles(Corpus.PathOf("peers", peer), "*.pcap").OrderBy(f => f.Length).ThenBy(f => f, StringComparer.Ordinal)],
            Corpus.PathOf("peers", peer, "oracle.jsonl")));

    /// <summary>The oracle's frames, without the custom blocks.</summary>
    public IEnumerable<JsonElement> ReadOracle()
    {
        using Stream file = File.OpenRead(Oracle);
        using var lines = new StreamReader(Oracle.EndsWith(".gz", StringComparison.Ordinal) ? new GZipStream(file, CompressionMode.Decompress) : file);
        while (lines.ReadLine() is { } line)
        {
            // Not disposed: the caller keeps elements for as long as it likes.
            JsonElement frame = JsonDocument.Parse(line).RootElement;
            if (!IsCustomBlock(frame))
                yield return frame;
        }
    }
}
