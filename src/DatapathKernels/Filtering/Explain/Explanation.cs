using System.Text;

namespace DatapathKernels.Filtering;

/// <summary>
/// How a packet fared, rule by rule, in words: what <c>nft monitor trace</c> shows of a live packet, and why the rules in
/// between did not match.
/// </summary>
public sealed class Explanation
{
    internal Explanation(IReadOnlyList<ExplanationStep> steps, in PacketVerdict verdict, in PacketMeta meta, byte[] frame)
    {
        Steps = steps;
        Verdict = verdict;
        Meta = meta;
        Frame = frame;
    }

    /// <summary>The lines, in the order of the walk.</summary>
    public IReadOnlyList<ExplanationStep> Steps { get; }

    /// <summary>The answer, the same as that of the walk that was explained.</summary>
    public PacketVerdict Verdict { get; }

    /// <summary>What the walk would have left in the packet's meta data.</summary>
    public PacketMeta Meta { get; }

    /// <summary>The frame as the walk would have left it.</summary>
    public ReadOnlyMemory<byte> Frame { get; }

    /// <summary>The lines as text.</summary>
    public override string ToString()
    {
        StringBuilder text = new();
        foreach (ExplanationStep step in Steps)
            text.Append(step.ToString()).Append('\n');
        return text.ToString();
    }
}
