using System.Runtime.InteropServices;

namespace DatapathKernels.Datapaths;

/// <summary>What was worked out of a plain packet in the stages before its turn, 48 bytes; its keys and their hashes lie elsewhere, those of a burst side by side.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct EbpfFlight
{
    /// <summary>The entry of the flow that is asked for, null for none, and its place; they hold while nothing enters the connection map.</summary>
    public EbpfConnection* Entry;

    public nuint Place;

    /// <summary>The frontend it goes to.</summary>
    public EbpfServiceEntry Service;

    /// <summary>The backend that the packet's own flow is to, plus one; 0 for none.</summary>
    public int Backend;

    /// <summary>Of a usual packet: its next hop.</summary>
    public int Hop;

    /// <summary>Of a usual packet: the <see cref="EbpfConnection.Word"/> of <see cref="Entry"/> when it was found to be one.</summary>
    public ulong Word;
}
