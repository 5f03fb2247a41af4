namespace DatapathKernels.Filtering;

/// <summary>An entry of a set and what is known of it.</summary>
/// <param name="Entry">The entry.</param>
/// <param name="ExpiresMs">The time after which it is gone, on the clock of <see cref="PacketMeta.NowMs"/>; <see cref="long.MaxValue"/> for never.</param>
/// <param name="NoMatch">True for an exception (<c>nomatch</c>): what it holds is not in the set.</param>
public readonly record struct IpSetElement(IpSetEntry Entry, long ExpiresMs, bool NoMatch);
