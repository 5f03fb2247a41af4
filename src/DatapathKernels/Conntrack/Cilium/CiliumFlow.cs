using System.Runtime.InteropServices;

namespace DatapathKernels.Conntrack;

/// <summary>What Cilium's <c>struct ct_entry</c> knows of a TCP connection: a byte for each fact. 5 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct CiliumFlow
{
    /// <summary>The opener sent FIN or RST.</summary>
    public bool OriginalClosing;

    /// <summary>The answering side sent FIN or RST.</summary>
    public bool ReplyClosing;

    /// <summary>A segment without SYN was seen.</summary>
    public bool SeenNonSyn;

    /// <summary>A SYN of each side was seen.</summary>
    internal bool OriginalSyn, ReplySyn;

    /// <summary>Not closed by both sides.</summary>
    public readonly bool IsAlive => !OriginalClosing || !ReplyClosing;
}
