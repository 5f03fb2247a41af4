using System.Text.Json;
using DatapathKernels.Formats.Captures;

namespace DatapathKernels.Tests.Formats.Captures;

/// <summary>Walks every frame of every third-party capture beside its oracle, several captures at a time.</summary>
internal static class CorpusWalk
{
    /// <summary>Looks at one frame, numbered from 1 within its capture.</summary>
    public delegate void Look(string capture, int number, in CaptureRecord record, JsonElement oracle);

    /// <summary>Calls <paramref name="look"/> for every frame. Files that cannot be opened have no frames.</summary>
    public static void ForEachFrame(Look look) => Parallel.ForEach(CorpusCapture.All, capture =>
    {
        int number = 0;
        using IEnumerator<JsonElement> oracle = capture.ReadOracle().GetEnumerator();
        foreach (string file in capture.Files)
        {
            using CaptureReader? reader = TryOpen(file);
            while (reader is not null && TryReadNext(reader, out CaptureRecord record) && oracle.MoveNext())
                look(capture.Name, ++number, record, oracle.Current);
        }
    });

    private static CaptureReader? TryOpen(string file)
    {
        try
        {
            return CaptureReader.Open(file);
        }
        catch (CaptureFormatException)
        {
            return null;
        }
    }

    private static bool TryReadNext(CaptureReader reader, out CaptureRecord record)
    {
        record = default;
        try
        {
            return reader.TryReadNext(out record);
        }
        catch (CaptureFormatException)
        {
            return false;
        }
    }
}
