namespace DatapathKernels.Bench.Cli;

/// <summary>The user's input is wrong. The message is all the user sees: what, where, and what was expected.</summary>
internal sealed class BadInputException(string message) : Exception(message);
