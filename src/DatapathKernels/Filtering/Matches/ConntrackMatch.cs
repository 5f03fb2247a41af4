namespace DatapathKernels.Filtering;

/// <summary><c>-m conntrack</c> and its old form <c>-m state</c>.</summary>
/// <remarks>
/// As in xt_conntrack.c, a packet without a connection fits when <c>--ctstate</c> is given and does, whatever else is asked
/// of the connection; without <c>--ctstate</c> it never does.
/// </remarks>
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
    bool IsState = false) : RuleMatch
{
    /// <summary>The other options, at most one for each field, in the order of the fields.</summary>
    public IReadOnlyList<ConnectionTest> Tests { get; init; } = [];

    /// <summary>True when every option is the same.</summary>
    public bool Equals(ConntrackMatch? other)
    {
        if (other is null || States != other.States || StatesNegated != other.StatesNegated || Statuses != other.Statuses
            || StatusesNegated != other.StatusesNegated || IsState != other.IsState || Tests.Count != other.Tests.Count)
        {
            return false;
        }

        for (int i = 0; i < Tests.Count; i++)
        {
            if (Tests[i] != other.Tests[i])
                return false;
        }

        return true;
    }

    /// <inheritdoc/>
    public override int GetHashCode() =>
        HashCode.Combine(States, StatesNegated, Statuses, StatusesNegated, IsState, Tests.Count, Tests.Count > 0 ? Tests[0] : default);
}
