namespace DatapathKernels.Filtering;

/// <summary>Rules after one another that did not match: told one by one when they are few, counted by reason when they are many.</summary>
internal sealed class DifferingRun(bool everyRule)
{
    /// <summary>As many as are told one by one.</summary>
    private const int Few = 3;

    private readonly List<(int Number, string Text)> _told = [];
    private readonly List<(string Field, int Count)> _reasons = [];
    private int _first, _count;

    /// <summary>True when the rule can be told together with those before it.</summary>
    public bool Continues(int number, RuleProgram program) =>
        _count == 0 || (number == _first + _count && program.ChainOf(number) == program.ChainOf(_first));

    public void Add(int number, in PacketTest reason)
    {
        if (_count++ == 0)
            _first = number;
        if (everyRule || _told.Count <= Few)
            _told.Add((number, reason.Difference));
        for (int i = 0; i < _reasons.Count; i++)
        {
            if (_reasons[i].Field == reason.Field)
            {
                _reasons[i] = (reason.Field, _reasons[i].Count + 1);
                return;
            }
        }

        _reasons.Add((reason.Field, 1));
    }

    public void Flush(List<ExplanationStep> steps, RuleProgram program)
    {
        if (_count == 0)
            return;
        int chain = program.ChainOf(_first), start = program.Starts[chain] - 1;
        string name = program.Chains[chain].ToString();
        if (everyRule || _count <= Few)
        {
            foreach ((int number, string text) in _told)
                steps.Add(new ExplanationStep(ExplanationKind.Differs, name, number - start, number - start, program.Rules[number]!.Line, text));
        }
        else
        {
            steps.Add(new ExplanationStep(ExplanationKind.ManyDiffer, name, _first - start, _first + _count - 1 - start, 0, Summary()));
        }

        _count = 0;
        _told.Clear();
        _reasons.Clear();
    }

    /// <summary>The commonest reason first.</summary>
    private string Summary()
    {
        _reasons.Sort((a, b) => b.Count.CompareTo(a.Count));
        if (_reasons.Count == 1)
            return $"{_reasons[0].Field} differs";
        string text = "";
        foreach ((string field, int count) in _reasons)
            text += $"{(text.Length > 0 ? ", " : "")}{field} differs ({count})";
        return text;
    }
}
