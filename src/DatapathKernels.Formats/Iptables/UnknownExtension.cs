namespace DatapathKernels.Formats.Iptables;

/// <summary>A kind of match or target that is kept but not evaluated.</summary>
/// <param name="IsTarget">True for a target (<c>-j</c>), false for a match (<c>-m</c>).</param>
/// <param name="Name">Its name.</param>
/// <param name="Lines">The lines it stands on, in order, each once.</param>
public sealed record UnknownExtension(bool IsTarget, string Name, IReadOnlyList<int> Lines)
{
    /// <summary>For example <c>match physdev (lines 12, 40 and 7 more)</c>.</summary>
    public override string ToString()
    {
        string first = string.Join(", ", Lines.Take(3));
        string rest = Lines.Count > 3 ? $" and {Lines.Count - 3} more" : "";
        return $"{(IsTarget ? "target" : "match")} {Name} (line{(Lines.Count > 1 ? "s" : "")} {first}{rest})";
    }
}
