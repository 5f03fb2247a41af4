using DatapathKernels.Bench.Cli;
using DatapathKernels.Formats.Captures;
using DatapathKernels.Packets;

namespace DatapathKernels.Bench.Input;

/// <summary>The user's capture: its frames, and what must be said about it.</summary>
internal sealed class CaptureInput
{
    /// <summary>Names the file to the processes that measure.</summary>
    public const string Variable = "DATAPATH_CAPTURE";

    /// <summary>Frames beyond this many bytes in all are left out, and that is said: more would measure the memory, not the parser.</summary>
    public const int MaxBytes = 64 << 20;

    private CaptureInput(FrameList frames, IReadOnlyList<string> notes)
    {
        Frames = frames;
        Notes = notes;
    }

    /// <summary>The frames, in the order of the file.</summary>
    public FrameList Frames { get; }

    /// <summary>What the user should know: how many frames, how many without a key and why, where the file was cut.</summary>
    public IReadOnlyList<string> Notes { get; }

    /// <summary>Reads the file named by <see cref="Variable"/>, or nothing when there is none.</summary>
    public static CaptureInput? FromEnvironment() =>
        Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } path ? Load(path) : null;

    /// <summary>Reads a capture.</summary>
    /// <exception cref="BadInputException">It is not a capture, or has no frame.</exception>
    public static CaptureInput Load(string path)
    {
        string name = Path.GetFileName(path);
        FrameList frames = new();
        List<string> notes = [];
        try
        {
            using CaptureReader reader = CaptureReader.Open(path);
            while (reader.TryReadNext(out CaptureRecord record))
            {
                if (frames.Bytes + record.Frame.Length > MaxBytes)
                {
                    notes.Add($"{name}: only the first {frames.Count} frames ({MaxBytes >> 20} MiB) are used");
                    break;
                }

                frames.Add(record.Frame, record.LinkType);
            }

            if (reader.Truncation is { } cut)
                notes.Add($"{cut.Message.Replace(path, name, StringComparison.Ordinal)}; what stands before is used");
        }
        catch (CaptureFormatException wrong)
        {
            throw new BadInputException(wrong.Message);
        }
        catch (Exception e) when (e is IOException or InvalidDataException or UnauthorizedAccessException)
        {
            throw new BadInputException($"{path}: {e.Message.TrimEnd('.')}; expected a pcap or pcapng file");
        }

        if (frames.Count == 0)
            throw new BadInputException($"{path}: no frame in it{string.Concat(notes.Select(n => $" ({n})"))}; expected at least one");
        frames.Seal();
        return new CaptureInput(frames, [.. Describe(frames, name), .. notes]);
    }

    private static IEnumerable<string> Describe(FrameList frames, string name)
    {
        int withKey = frames.Infos.Count(i => i.HasKey);
        yield return $"{name}: {frames.Count} frames, {withKey} with a flow key";
        if (withKey == frames.Count)
            yield break;
        IEnumerable<string> reasons = frames.Infos.Where(i => !i.HasKey).CountBy(i => i.Status).OrderByDescending(r => r.Value).Select(r => $"{r.Value} {r.Key}");
        yield return $"{name}: without: {string.Join(", ", reasons)}";
    }
}
