using DatapathKernels.Conntrack;
using DatapathKernels.Packets;

namespace DatapathKernels.Filtering;

/// <summary>One connection of <see cref="ConnectionTable"/>.</summary>
internal sealed class Connection
{
    /// <summary>Set by <see cref="ConnectionTable"/> when a translation chose, whether it changed anything or not.</summary>
    public bool SourceBound, DestinationBound;

    /// <summary>Its place in the table's list.</summary>
    public int Index;

    public FlowKeyV6 Original, Reply;
    public ConnectionStatuses Status;
    public uint Mark;
    public long CreatedMs, ExpiresMs;

    /// <summary>TCP: state and windows.</summary>
    public TcpFlow Tcp;

    public bool IsConfirmed => (Status & ConnectionStatuses.Confirmed) != 0;

    public bool SeenReply => (Status & ConnectionStatuses.SeenReply) != 0;

    /// <summary>Makes it a new connection, whatever it was.</summary>
    public void Start(in FlowKeyV6 original, in FlowKeyV6 reply, long nowMs)
    {
        (Original, Reply) = (original, reply);
        (SourceBound, DestinationBound) = (false, false);
        (Status, Mark) = (ConnectionStatuses.None, 0);
        (CreatedMs, ExpiresMs) = (nowMs, long.MaxValue);
        Tcp = default;
    }
}
