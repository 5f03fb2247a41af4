namespace DatapathKernels.Datapaths;

/// <summary>One step of a packet's way through a node.</summary>
/// <param name="Stage">Which part did it, for example <c>conntrack</c> or <c>nat/PREROUTING</c>.</param>
/// <param name="Outcome">What it said or did, in words.</param>
/// <param name="Cost">What its cost grows with.</param>
public sealed record PathStep(string Stage, string Outcome, CostClass Cost)
{
    /// <summary>The step as a line.</summary>
    public override string ToString() => $"{Stage}: {Outcome} ({Cost switch { CostClass.Lookup => "a lookup", CostClass.Linear => "grows with the rules", CostClass.Bytes => "grows with the packet", _ => "constant" }})";
}
