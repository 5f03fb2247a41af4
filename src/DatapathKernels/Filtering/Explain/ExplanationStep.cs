namespace DatapathKernels.Filtering;

/// <summary>One line of an <see cref="Explanation"/>.</summary>
/// <param name="Kind">What it tells.</param>
/// <param name="Chain">The chain, for example <c>nat/KUBE-SERVICES</c>; empty for the packet and the verdict.</param>
/// <param name="First">The first rule it is about, from 1 within the chain; 0 when it is about none.</param>
/// <param name="Last">The last rule.</param>
/// <param name="Line">The line of the file the rule stands on; 0 when that is not known or there are several.</param>
/// <param name="Text">The words.</param>
public sealed record ExplanationStep(ExplanationKind Kind, string Chain, int First, int Last, int Line, string Text)
{
    /// <summary>The whole line, for example <c>nat/KUBE-SERVICES rule 3 (line 12): protocol udp is not tcp</c>.</summary>
    public override string ToString()
    {
        string rules = First == 0 ? "" : First == Last ? $" rule {First}" : $" rules {First}-{Last}";
        string place = Chain.Length == 0 ? "" : $"{Chain}{rules}{(Line > 0 ? $" (line {Line})" : "")}: ";
        return place + Text;
    }
}
