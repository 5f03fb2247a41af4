namespace DatapathKernels.Filtering;

/// <content>What the node knows of the packet, and tests with a memory.</content>
internal sealed unsafe partial class TestWords
{
    private bool TryMeta(RuleMatch match)
    {
        switch (match)
        {
            case MarkMatch mark:
                if (mark.OfConnection)
                    AddHasConnection(fitsWithout: false);
                uint value = (mark.OfConnection ? _meta->ConnectionMark : _meta->Mark) & mark.Mask;
                Add(mark.OfConnection ? "connmark" : "mark", $"0x{value:x}", $"0x{mark.Value:x}/0x{mark.Mask:x}", mark.Negated, value == mark.Value);
                return true;
            case ConntrackMatch conntrack:
                AddConntrack(conntrack);
                return true;
            case AddressTypeMatch type:
                AddType(PacketSide.Source, type.Source, type.SourceNegated);
                AddType(PacketSide.Destination, type.Destination, type.DestinationNegated);
                return true;
            case PacketTypeMatch type:
                PacketType found = ChainMatcher.TypeOf(program.Family, _view, *_meta);
                Add("packet type", Lower(found.ToString()), Lower(type.Type.ToString()), type.Negated, found == type.Type);
                return true;
            case SetMatch set when Find(set.Name) is { } asked:
                bool holds = asked.Test(program.Family, set.Directions, set.ReturnNoMatch, _view, _meta->NowMs);
                Add("packet", "", $"{(set.ReturnNoMatch ? "an exception " : "")}in set {set.Name} by {set.Directions}", set.Negated, holds);
                return true;
            default:
                return false;
        }
    }

    /// <summary>The set as the dry run has it.</summary>
    private IpSet? Find(string name)
    {
        foreach (IpSet set in state.Sets)
        {
            if (set.Name == name)
                return set;
        }

        return null;
    }

    private bool HasConnection => ChainMatcher.HasConnection(*_meta);

    private void AddHasConnection(bool fitsWithout)
    {
        if (!fitsWithout)
            Add("connection", HasConnection ? "(known)" : "(none)", "known", false, HasConnection);
    }

    private void AddConntrack(ConntrackMatch conntrack)
    {
        bool fitsWithout = conntrack.States != ConnectionStates.None;
        if (fitsWithout)
        {
            ConnectionStates states = ChainMatcher.StatesOf(*_meta);
            Add("state", States(states), States(conntrack.States), conntrack.StatesNegated, (states & conntrack.States) != 0);
        }

        if (conntrack.Tests.Count == 0 && conntrack.Statuses is null)
            return;
        AddHasConnection(fitsWithout);
        if (!HasConnection)
            return;
        foreach (ConnectionTest test in conntrack.Tests)
            AddConnection(test);
        if (conntrack.Statuses is { } statuses)
            Add("connection status", $"{_meta->Status}", $"{statuses}", conntrack.StatusesNegated, (_meta->Status & statuses) != 0);
    }

    private void AddConnection(ConnectionTest test)
    {
        string field = $"connection's {test.Field}";
        if (Connection is not { } record)
        {
            Add(field, "(unknown)", "known", false, false);
            return;
        }

        bool address = test.Field is >= ConnectionField.OriginalSource and <= ConnectionField.ReplyDestination;
        UInt128 value = test.ValueIn(record);
        string asked = address ? new IpNetwork(program.Family, test.Low, test.Mask).ToString()
            : test.Low == test.High ? $"{test.Low}" : $"{test.Low}:{test.High}";
        Add(field, address ? Text(value) : $"{value}", asked, test.Negated, test.Fits(record) != test.Negated);
    }

    private void AddType(PacketSide side, AddressTypes types, bool negated)
    {
        if (types == AddressTypes.None)
            return;
        UInt128 address = AddressOf(side);
        AddressTypes found = program.Family == IpFamily.V4 ? options.Addresses.KindOfV4((uint)address) : options.Addresses.KindOfV6(address);
        bool fits = ChainMatcher.HasType(program.Family, found, types);
        Add($"{NameOf(side)} type", Upper(found.ToString()), Upper(types.ToString()), negated, fits);
    }

    private void AddMemory(RuleMatch match)
    {
        switch (match)
        {
            case StatisticMatch { Mode: StatisticMode.Random } random:
                Add("draw", "", string.Create(System.Globalization.CultureInfo.InvariantCulture, $"below a probability of {random.Threshold / 2147483648.0:0.#####}"), random.Negated, null);
                break;
            case StatisticMatch nth:
                Add("count", "", $"packet {nth.Packet} of every {nth.Every}", nth.Negated, null);
                break;
            case LimitMatch limit:
                Add("bucket", "", string.Create(System.Globalization.CultureInfo.InvariantCulture, $"above empty, filling every {limit.Period / (double)LimitMatch.Scale:0.####} s up to {limit.Burst}"), false, null);
                break;
            case RecentMatch recent:
                string often = recent.HitCount > 0 ? $" {recent.HitCount} times" : "";
                string near = recent.Seconds > 0 ? $" within {recent.Seconds} s" : "";
                Add(NameOf(recent.Side), Text(AddressOf(recent.Side) & recent.Mask), recent.Mode == RecentMode.Set ? $"put in list {recent.Name}" : $"in list {recent.Name}{often}{near}", recent.Negated, null);
                break;
            case UnknownMatch unknown:
                Add("match", unknown.Module, "evaluated", false, null);
                break;
            case SetMatch set:
                Add("set", set.Name, "there", false, null);
                break;
            default:
                Add("match", $"{match}", "evaluated", false, null);
                break;
        }
    }

    private static string Upper(string text) => text.ToUpperInvariant();

    private static string Lower(string text) => text.ToLowerInvariant();
}
