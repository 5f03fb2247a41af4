namespace DatapathKernels.Formats.Captures;

/// <summary>Where a capture file was cut off. Every record before the cut has been delivered.</summary>
/// <param name="RecordOffset">The first byte of the record (or block) that is incomplete, counted in the unpacked file.</param>
/// <param name="EndOffset">The file's length: the byte at which the record should have gone on.</param>
/// <param name="Message">The same in words, with what was expected.</param>
public sealed record CaptureTruncation(long RecordOffset, long EndOffset, string Message)
{
    /// <summary>The words.</summary>
    public override string ToString() => Message;
}
