namespace DatapathKernels.Formats.Iptables;

/// <summary>One word of a line, unquoted, in <see cref="LineTokens"/>.</summary>
/// <param name="Start">Where it starts in the unquoted text.</param>
/// <param name="Length">Its length there.</param>
/// <param name="Column">Its column in the line, from 1.</param>
/// <param name="Quoted">True when a part of it was quoted: then it is no option, whatever it looks like.</param>
internal readonly record struct Token(int Start, int Length, int Column, bool Quoted);
