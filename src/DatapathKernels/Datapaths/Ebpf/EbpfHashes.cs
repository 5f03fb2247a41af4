using System.Runtime.InteropServices;

namespace DatapathKernels.Datapaths;

/// <summary>The hashes of a packet's keys, worked out when its burst began.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct EbpfHashes
{
    /// <summary>Of the frontend it goes to.</summary>
    public ulong Service;

    /// <summary>Of its entry with that frontend.</summary>
    public ulong Scoped;

    /// <summary>Of the connection that it would answer.</summary>
    public ulong Answer;

    /// <summary>Of its own connection: with the backend, when it goes to a service.</summary>
    public ulong Forward;

    /// <summary>The backend that <see cref="Forward"/> is of, plus one.</summary>
    public int Backend;

    public bool IsToService;
}
