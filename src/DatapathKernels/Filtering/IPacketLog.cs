namespace DatapathKernels.Filtering;

/// <summary>Who is told of packets that meet LOG, NFLOG or TRACE. Called within the walk, on its thread.</summary>
public interface IPacketLog
{
    /// <summary>A packet met such a rule.</summary>
    void Write(in PacketLogEvent packet);
}
