namespace DatapathKernels.Filtering;

/// <summary>What targets do to a packet that goes on to the next rule, but for MARK, which is common enough for an action of its own.</summary>
internal enum Alteration : byte
{
    /// <summary>TOS or traffic class: (byte &amp; ~Argument2) ^ Argument.</summary>
    TrafficClass,

    /// <summary>TTL or hop limit: <see cref="HopLimitMode"/> Argument by Argument2.</summary>
    HopLimit,

    /// <summary>Maximum segment size: Argument bytes, or as the path MTU allows when it is above 65,535.</summary>
    SegmentSize,

    /// <summary>Copy between marks by <see cref="RuleProgram.ConnectionMarks"/>[Argument].</summary>
    ConnectionMark,

    /// <summary>Not to be tracked.</summary>
    Untrack,

    /// <summary>To be tracked in zone Argument.</summary>
    Zone,

    /// <summary>Change sets by <see cref="RuleProgram.SetChanges"/>[Argument].</summary>
    Sets,

    /// <summary>Tell of the packet by <see cref="RuleProgram.Logs"/>[Argument].</summary>
    Log,
}
