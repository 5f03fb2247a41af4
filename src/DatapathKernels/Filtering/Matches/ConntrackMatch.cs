namespace DatapathKernels.Filtering;

/// <summary><c>-m conntrack</c> and its old form <c>-m state</c>.</summary>
/// <param name="States"><c>--ctstate</c>; none when the option is absent.</param>
/// <param name="StatesNegated">True for <c>! --ctstate</c>.</param>
/// <param name="Statuses"><c>--ctstatus</c>, matched when any of them is set; null when the option is absent, none for <c>NONE</c>.</param>
/// <param name="StatusesNegated">True for <c>! --ctstatus</c>.</param>
/// <param name="IsState">True when written <c>-m state --state</c>.</param>
public sealed record ConntrackMatch(
    ConnectionStates States,
    bool StatesNegated = false,
    ConnectionStatuses? Statuses = null,
    bool StatusesNegated = false,
    bool IsState = false) : RuleMatch;
