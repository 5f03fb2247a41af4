namespace DatapathKernels.Packets;

/// <summary>
/// Walks IPv4 options (RFC 791 section 3.1): kind and data of each, padding left out. Stops at the end-of-list option, at the
/// end, or before the first malformed option, which <see cref="Status"/> then reports; <c>foreach</c> works on a copy, so loop
/// with <see cref="MoveNext"/> where that matters.
/// </summary>
public ref struct Ipv4Options
{
    private const byte EndOfList = 0, NoOperation = 1;

    private ReadOnlySpan<byte> _rest;

    internal Ipv4Options(ReadOnlySpan<byte> options) => _rest = options;

    /// <summary>Kind of the current option, copied flag and class included.</summary>
    public byte Kind { get; private set; }

    /// <summary>Bytes of the current option after kind and length.</summary>
    public ReadOnlySpan<byte> Data { get; private set; }

    /// <summary>Whether the walk met a malformed option.</summary>
    public OptionStatus Status { get; private set; }

    /// <summary>The option the enumerator stands on.</summary>
    public readonly Ipv4Options Current => this;

    /// <summary>The enumerator itself.</summary>
    public readonly Ipv4Options GetEnumerator() => this;

    /// <summary>Goes to the next option; false at the end or before a malformed one.</summary>
    public bool MoveNext()
    {
        OptionWalk walk = OptionWalk.Next(_rest, EndOfList, NoOperation);
        _rest = walk.Rest;
        Kind = walk.Kind;
        Data = walk.Data;
        Status = walk.Status;
        return walk.Found;
    }
}
