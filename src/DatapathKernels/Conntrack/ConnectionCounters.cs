using System.Runtime.InteropServices;

namespace DatapathKernels.Conntrack;

/// <summary>
/// The packets and bytes of a connection by direction (<c>struct nf_conn_counter</c>), bytes from the IP header on. Invalid packets, ICMP errors about it, and
/// packets that are let through without renewing it do not count.
/// </summary>
/// <param name="OriginalPackets">Packets of the opener.</param>
/// <param name="OriginalBytes">Their bytes.</param>
/// <param name="ReplyPackets">Packets of the answering side.</param>
/// <param name="ReplyBytes">Their bytes.</param>
[StructLayout(LayoutKind.Sequential)]
public record struct ConnectionCounters(ulong OriginalPackets, ulong OriginalBytes, ulong ReplyPackets, ulong ReplyBytes)
{
    internal void Add(bool reply, uint bytes)
    {
        if (reply)
            (ReplyPackets, ReplyBytes) = (ReplyPackets + 1, ReplyBytes + bytes);
        else
            (OriginalPackets, OriginalBytes) = (OriginalPackets + 1, OriginalBytes + bytes);
    }
}
