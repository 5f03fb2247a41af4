using System.Runtime.InteropServices;
using DatapathKernels.Packets;

namespace DatapathKernels.Datapaths;

/// <summary>What was worked out of a plain packet in the stages before its turn, 80 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct EbpfFlight
{
    /// <summary>Of a packet to a service: its flow in the scope of services. Of any other: the flow that it would answer.</summary>
    public FlowKeyV4 Asked;

    /// <summary>The packet's own connection: with the backend, when it goes to a service.</summary>
    public FlowKeyV4 Own;

    public ulong AskedHash;

    public ulong OwnHash;

    /// <summary>The entry of <see cref="Asked"/>, null for none, and its place; they hold while nothing enters the connection map.</summary>
    public EbpfConnection* Entry;

    public nuint Place;

    /// <summary>The frontend it goes to.</summary>
    public EbpfServiceEntry Service;

    /// <summary>The backend that <see cref="Own"/> is of, plus one; 0 for none.</summary>
    public int Backend;
}
