namespace DatapathKernels.Report.Records;

/// <summary>A file of records is not what the contract says. The message names the file, the place and what was expected.</summary>
public sealed class RecordFormatException(string message) : Exception(message);
