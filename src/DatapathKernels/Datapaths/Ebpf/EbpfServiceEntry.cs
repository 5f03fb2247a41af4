using System.Runtime.InteropServices;

namespace DatapathKernels.Datapaths;

/// <summary>
/// An entry of the service map, 8 bytes, with all that most packets need to know of a frontend:
/// <code>
///  bit 0   8        32           64
///  | flags | number | first slot |
/// </code>
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly struct EbpfServiceEntry
{
    private const int FlagBits = 8, SlotShift = 32;

    private readonly ulong _word;

    public EbpfServiceEntry(int number, EbpfServiceFlags flags, int firstSlot) =>
        _word = (byte)(flags | EbpfServiceFlags.Exists) | ((ulong)(uint)number << FlagBits) | ((ulong)(uint)firstSlot << SlotShift);

    /// <summary>False for the default: no frontend.</summary>
    public bool Exists => (Flags & EbpfServiceFlags.Exists) != 0;

    public EbpfServiceFlags Flags => (EbpfServiceFlags)_word;

    /// <summary>The frontend's number.</summary>
    public int Number => (int)((uint)_word >> FlagBits);

    /// <summary>Where its backends are, see <see cref="EbpfBackendSlots"/>.</summary>
    public int FirstSlot => (int)(_word >> SlotShift);

    public override string ToString() => Exists ? $"frontend {Number} ({Flags}), slots from {FirstSlot}" : "none";
}
