namespace DatapathKernels.Filtering;

/// <summary>SET, compiled: numbers of <see cref="RuleState.Sets"/>, -1 for none.</summary>
internal readonly record struct SetChange(int Add, IpSetDirections AddDirections, int Remove, IpSetDirections RemoveDirections, uint? TimeoutSeconds, bool Renew);
