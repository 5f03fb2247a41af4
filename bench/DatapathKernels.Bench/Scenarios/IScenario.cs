using DatapathKernels.Report.Scenarios;

namespace DatapathKernels.Bench.Scenarios;

/// <summary>A question whose answer is not the time of one benchmark case.</summary>
internal interface IScenario
{
    /// <summary>The name by which <c>--filter</c> chooses it: its class.</summary>
    string Name { get; }

    /// <summary>True when it answers for the reader's own cluster where <c>--services</c> gives one: then it runs with it, unasked.</summary>
    bool UsesInput => false;

    /// <summary>How long it takes, about.</summary>
    ScenarioLength Length { get; }

    /// <summary>Finds the answer. A quick run takes at most 6 seconds.</summary>
    /// <exception cref="InvalidOperationException">Something it checks on the way is not as it must be: the answer would be wrong.</exception>
    ScenarioRecord Run(ScenarioContext context);
}
