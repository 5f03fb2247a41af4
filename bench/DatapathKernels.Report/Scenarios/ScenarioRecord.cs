namespace DatapathKernels.Report.Scenarios;

/// <summary>
/// What a scenario found: an element of <c>scenarios.json</c>. A scenario is a question whose answer is not the time of one
/// benchmark case: it runs a model or a measured loop and gives figures, tables and curves.
/// </summary>
/// <remarks>Fields are only ever added.</remarks>
/// <param name="Name">The scenario's class, for example <c>WorkingSet</c>; it chooses the reading paragraph.</param>
/// <param name="Title">The heading.</param>
/// <param name="Question">What was asked.</param>
/// <param name="Findings">One line a figure, each computed from this run.</param>
/// <param name="Tables">The numbers.</param>
/// <param name="Charts">The curves.</param>
public sealed record ScenarioRecord(
    string Name,
    string Title,
    string Question,
    IReadOnlyList<string> Findings,
    IReadOnlyList<ScenarioTable> Tables,
    IReadOnlyList<ScenarioChart> Charts)
{
    /// <summary>Says what is wrong with the record, or null when it is sound.</summary>
    internal string? Problem()
    {
        if (string.IsNullOrWhiteSpace(Name) || string.IsNullOrWhiteSpace(Title))
            return "name or title is empty; expected both";
        foreach (ScenarioTable table in Tables)
        {
            if (table.Columns.Count == 0 || table.Rows.Any(r => r.Count != table.Columns.Count))
                return $"a row of the table '{table.Title}' has not {table.Columns.Count} cells; expected a cell a column";
        }

        foreach (ScenarioChart chart in Charts)
        {
            if (chart.Series.Count == 0 || chart.Series.Any(s => s.Points.Count == 0))
                return $"the chart '{chart.Title}' has a series without points; expected at least one point in each";
            if (chart.Series.SelectMany(s => s.Points).Any(p => !double.IsFinite(p.X) || !double.IsFinite(p.Y)))
                return $"the chart '{chart.Title}' has a point that is not finite; expected numbers";
        }

        return null;
    }
}
