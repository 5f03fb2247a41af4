using System.Runtime.CompilerServices;
using DatapathKernels.Packets;

namespace DatapathKernels.Conntrack;

/// <content>For loops over whole TCP and UDP packets of IPv4, which write translations themselves.</content>
public sealed partial class ConntrackTable
{
    /// <summary>True for a connection that is in the table for good.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool IsConfirmed(int id) => _store[id].Has(ConntrackStatus.Confirmed);

    /// <summary>What one side of an IPv4 packet of a connection becomes, as <see cref="TranslateSide"/> writes it; false when it stays.</summary>
    /// <param name="packet">What <see cref="TrackPrepared"/> found; TCP or UDP, and no error.</param>
    /// <param name="destination">True for the destination, false for the source.</param>
    /// <param name="addressBe">The address, network byte order.</param>
    /// <param name="portBe">The port, network byte order.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool TryTranslate(in TrackedPacket packet, bool destination, out uint addressBe, out ushort portBe)
    {
        ref Connection connection = ref _store[packet.Id];
        if (!connection.Has(destination != packet.IsReply ? ConntrackStatus.DestinationNat : ConntrackStatus.SourceNat))
        {
            (addressBe, portBe) = (0, 0);
            return false;
        }

        ref readonly FlowKeyV4 other = ref packet.IsReply ? ref connection.CompactOriginal : ref connection.CompactReply;
        (addressBe, portBe) = destination ? (other.SourceBe, other.SourcePortBe) : (other.DestinationBe, other.DestinationPortBe);
        return true;
    }
}
