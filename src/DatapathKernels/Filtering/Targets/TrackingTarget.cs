namespace DatapathKernels.Filtering;

/// <summary><c>-j CT</c> and <c>-j NOTRACK</c>, before connection tracking sees the packet.</summary>
/// <param name="NoTrack"><c>--notrack</c>: the packet passes untracked.</param>
/// <param name="Zone"><c>--zone</c>: the zone its connection is looked up in; null for zone 0.</param>
/// <param name="Helper"><c>--helper</c>: kept by name; this library has no helpers to attach.</param>
/// <param name="IsAlias">True for the spelling <c>-j NOTRACK</c>.</param>
public sealed record TrackingTarget(bool NoTrack, ushort? Zone = null, string? Helper = null, bool IsAlias = false) : RuleTarget;
