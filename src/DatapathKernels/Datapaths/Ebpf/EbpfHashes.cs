using System.Runtime.InteropServices;

namespace DatapathKernels.Datapaths;

/// <summary>What was worked out of a packet when its burst began.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct EbpfHashes
{
    /// <summary>The hash of its entry with the frontend it goes to.</summary>
    public ulong Scoped;

    /// <summary>The hash of the connection that it would answer.</summary>
    public ulong Answer;

    /// <summary>The hash of its own connection: with the backend, when it goes to a service.</summary>
    public ulong Forward;

    /// <summary>The frontend it goes to, -1 for none.</summary>
    public int Service;

    /// <summary>The backend that <see cref="Forward"/> is of, plus one.</summary>
    public int Backend;
}
