using DatapathKernels.Report.Scenarios;

namespace DatapathKernels.Bench.Scenarios;

/// <summary>A question whose answer is not the time of one benchmark case.</summary>
internal interface IScenario
{
    /// <summary>The name by which <c>--filter</c> chooses it: its class.</summary>
    string Name { get; }

    /// <summary>True when it answers for the reader's own rules or packets where they were given: then it runs with them, unasked.</summary>
    bool UsesInput => false;

    /// <summary>Finds the answer. A quick run takes at most 6 seconds.</summary>
    /// <exception cref="InvalidOperationException">Something it checks on the way is not as it must be: the answer would be wrong.</exception>
    ScenarioRecord Run(ScenarioContext context);
}
