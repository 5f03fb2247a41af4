using System.Runtime.InteropServices;

namespace DatapathKernels.Datapaths;

/// <summary>
/// An entry of the connection map (<c>struct ct_entry</c>), 8 bytes:
/// <code>
///  0         4              32-bit word
///  | expires | number:24 flags:8 |
/// </code>
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal struct EbpfConnection
{
    /// <summary>Backends and frontends are numbered below this.</summary>
    public const int MaxNumber = (1 << 24) - 1;

    private const int FlagBits = 8;

    /// <summary>When it ends without packets, seconds of the caller's clock.</summary>
    public uint ExpiresSeconds;

    private uint _numberAndFlags;

    /// <summary>
    /// Of a service's entry: the backend, plus one. Of any other: the frontend whose name its answers get, plus one; 0 for none.
    /// </summary>
    public int Number
    {
        readonly get => (int)(_numberAndFlags >> FlagBits);
        set => _numberAndFlags = ((uint)value << FlagBits) | (byte)_numberAndFlags;
    }

    public EbpfConnectionFlags Flags
    {
        readonly get => (EbpfConnectionFlags)_numberAndFlags;
        set => _numberAndFlags = (_numberAndFlags & ~(uint)byte.MaxValue) | (byte)value;
    }

    public readonly bool IsAlive => (Flags & EbpfConnectionFlags.BothClosing) != EbpfConnectionFlags.BothClosing;
}
