namespace DatapathKernels.Packets;

/// <summary>From a frame to its flow key, in one pass that proves every length once.</summary>
public static class FlowParser
{
}
