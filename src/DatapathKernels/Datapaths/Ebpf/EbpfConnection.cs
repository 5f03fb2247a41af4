using System.Runtime.InteropServices;

namespace DatapathKernels.Datapaths;

/// <summary>
/// An entry of the connection map (<c>struct ct_entry</c>), 8 bytes:
/// <code>
///  bit 0   8        32        64
///  | flags | number | expires |
/// </code>
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal struct EbpfConnection
{
    /// <summary>Backends and frontends are numbered below this.</summary>
    public const int MaxNumber = (1 << 24) - 1;

    private const int FlagBits = 8, ExpiresShift = 32;

    // One word, so that an entry is read, changed and written as one.
    private ulong _word;

    /// <summary>When it ends without packets, seconds of the caller's clock.</summary>
    public uint ExpiresSeconds
    {
        readonly get => (uint)(_word >> ExpiresShift);
        set => _word = (uint)_word | ((ulong)value << ExpiresShift);
    }

    /// <summary>
    /// Of a service's entry: the backend, plus one. Of any other: the frontend whose name its answers get, plus one; 0 for none.
    /// </summary>
    public int Number
    {
        readonly get => (int)((uint)_word >> FlagBits);
        set => _word = (_word & ~0xffff_ff00ul) | ((ulong)(uint)value << FlagBits);
    }

    public EbpfConnectionFlags Flags
    {
        readonly get => (EbpfConnectionFlags)_word;
        set => _word = (_word & ~(ulong)byte.MaxValue) | (byte)value;
    }

    public readonly bool IsAlive => (Flags & EbpfConnectionFlags.BothClosing) != EbpfConnectionFlags.BothClosing;
}
