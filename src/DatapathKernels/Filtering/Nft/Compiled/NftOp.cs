using System.Runtime.InteropServices;

namespace DatapathKernels.Filtering.Nft;

/// <summary>One step of a compiled rule, 32 bytes: two to a cache line.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct NftOp
{
    public NftOpCode Code;

    /// <summary>What of the packet a test reads.</summary>
    public NftField Field;

    /// <summary>Whether a test is negated.</summary>
    public bool Negated;

    /// <summary>The step a packet goes to that does not fit: the first of the next rule.</summary>
    public int Next;

    /// <summary>The number of the rule.</summary>
    public int Rule;

    /// <summary>See <see cref="NftOpCode"/>.</summary>
    public int Index;

    public ulong Mask;

    public ulong Value;
}
