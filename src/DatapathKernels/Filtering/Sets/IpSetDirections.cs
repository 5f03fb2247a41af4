namespace DatapathKernels.Filtering;

/// <summary>Which side of the packet each part of an entry is taken from: <c>src,dst</c>.</summary>
public readonly record struct IpSetDirections
{
    /// <summary>Parts an entry can have in the kernel.</summary>
    public const int MaxCount = 6;

    /// <summary>Makes the list.</summary>
    /// <param name="sides">A side for each part, 1 to 6 of them.</param>
    /// <exception cref="ArgumentOutOfRangeException">None, or too many.</exception>
    public IpSetDirections(params ReadOnlySpan<PacketSide> sides)
    {
        ArgumentOutOfRangeException.ThrowIfZero(sides.Length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(sides.Length, MaxCount);
        Count = (byte)sides.Length;
        for (int i = 0; i < sides.Length; i++)
            Sources |= (byte)(sides[i] == PacketSide.Source ? 1 << i : 0);
    }

    private IpSetDirections(byte count, byte sources)
    {
        Count = count;
        Sources = sources;
    }

    /// <summary>Number of parts.</summary>
    public byte Count { get; }

    /// <summary>Bit i is set when part i is the packet's source.</summary>
    public byte Sources { get; }

    /// <summary>The side of one part.</summary>
    public PacketSide this[int part] => (Sources >> part & 1) != 0 ? PacketSide.Source : PacketSide.Destination;

    /// <summary>Both in nine bits, for a compiled test.</summary>
    internal int Packed => Count | (Sources << 3);

    internal static IpSetDirections Unpack(int packed) => new((byte)(packed & 7), (byte)(packed >> 3));

    /// <summary>As iptables writes it: <c>src,dst</c>.</summary>
    public override string ToString()
    {
        string text = "";
        for (int i = 0; i < Count; i++)
            text += (i > 0 ? "," : "") + (this[i] == PacketSide.Source ? "src" : "dst");
        return text;
    }
}
