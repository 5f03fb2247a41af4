namespace DatapathKernels.Filtering;

/// <summary>The head of a rule of one address family. Static-abstract, so each family's walk is its own machine code.</summary>
internal unsafe interface IRuleHead
{
    /// <summary>Bytes of one head.</summary>
    static abstract int Size { get; }

    /// <summary>How many of the words of a <see cref="PacketView"/>, from the first on, it compares.</summary>
    static abstract int Words { get; }

    /// <summary>The first rule from <paramref name="rule"/> on whose head matches; the end of the chain always does.</summary>
    static abstract int Scan(byte* heads, int rule, in PacketView view);

    /// <summary>True when one head matches.</summary>
    static abstract bool Fits(byte* head, in PacketView view);

    /// <summary>
    /// True when the head of a packed rule matches; <paramref name="cell"/> is then behind its values.
    /// </summary>
    static abstract bool FitsPacked(ref ulong* cell, ulong word, RuleMask* masks, in PacketView view);

    /// <summary>Writes the values of a head, and which there are into <paramref name="word"/>. Returns the cells written.</summary>
    static abstract int Pack(in RuleMask mask, in PacketView value, Span<ulong> cells, ref ulong word);

    /// <summary>Which bits of the packet a rule's head compares.</summary>
    static abstract RuleMask MaskOf(byte* heads, int rule);

    /// <summary>What it expects there, in the places where a packet has it.</summary>
    static abstract PacketView ValueOf(byte* heads, int rule);

    /// <summary>The hash of what a mask leaves of a packet. Equal bits, equal hash.</summary>
    static abstract ulong HashOf(in RuleMask mask, in PacketView view);

    /// <summary>True for the bits that <see cref="KeyOf"/> makes a key of: a whole destination address, a protocol, a destination port.</summary>
    static abstract bool IsExact(in RuleMask mask);

    /// <summary>Those bits of a packet, in one word. Never 0 for a packet with a transport header.</summary>
    static abstract ulong KeyOf(in PacketView view);

    /// <summary>Stores the tests of one rule.</summary>
    static abstract void Write(byte* heads, int rule, in HeadTests tests);
}
