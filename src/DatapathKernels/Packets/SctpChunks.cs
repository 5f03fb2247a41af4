using System.Buffers.Binary;

namespace DatapathKernels.Packets;

/// <summary>
/// Walks SCTP chunks (RFC 9260 section 3.2): type, flags and value of each, padding left out. Stops at the end or before the
/// first malformed chunk, which <see cref="Status"/> then reports; <c>foreach</c> works on a copy, so loop with
/// <see cref="MoveNext"/> where that matters.
/// <code>
///  0      1       2        4
///  | type | flags | length | value ... | padding to 4 bytes |
/// </code>
/// </summary>
public ref struct SctpChunks
{
    private const int HeadBytes = 4;

    private ReadOnlySpan<byte> _rest;

    internal SctpChunks(ReadOnlySpan<byte> chunks) => _rest = chunks;

    /// <summary>Type of the current chunk (0 DATA, 1 INIT, 2 INIT ACK, 3 SACK, ...).</summary>
    public byte Type { get; private set; }

    /// <summary>Flags of the current chunk.</summary>
    public byte Flags { get; private set; }

    /// <summary>Bytes of the current chunk after its head, without padding.</summary>
    public ReadOnlySpan<byte> Value { get; private set; }

    /// <summary>Whether the walk met a malformed chunk.</summary>
    public OptionStatus Status { get; private set; }

    /// <summary>The chunk the enumerator stands on.</summary>
    public readonly SctpChunks Current => this;

    /// <summary>The enumerator itself.</summary>
    public readonly SctpChunks GetEnumerator() => this;

    /// <summary>Goes to the next chunk; false at the end or before a malformed one.</summary>
    public bool MoveNext()
    {
        Value = default;
        if (_rest.IsEmpty)
            return false;
        int length = _rest.Length < HeadBytes ? 0 : BinaryPrimitives.ReadUInt16BigEndian(_rest[2..]);
        if (length < HeadBytes || length > _rest.Length)
        {
            Status = OptionStatus.BadLength;
            _rest = default;
            return false;
        }

        Type = _rest[0];
        Flags = _rest[1];
        Value = _rest[HeadBytes..length];
        _rest = _rest[Math.Min((length + 3) & ~3, _rest.Length)..];
        return true;
    }
}
