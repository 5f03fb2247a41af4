using System.Runtime.InteropServices;

namespace DatapathKernels.Datapaths;

/// <summary>How long connections are kept without packets, seconds: see <see cref="EbpfOptions"/>.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly struct EbpfLifetimes(EbpfOptions options)
{
    /// <summary>TCP once data flowed.</summary>
    public readonly uint Tcp = options.TcpSeconds;

    /// <summary>Everything that is not TCP.</summary>
    public readonly uint Any = options.AnySeconds;

    /// <summary>TCP before.</summary>
    public readonly uint Syn = options.SynSeconds;

    /// <summary>TCP after both sides closed.</summary>
    public readonly uint Fin = options.FinSeconds;
}
