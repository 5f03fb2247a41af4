namespace DatapathKernels.Packets;

/// <summary>
/// One step over a list of kind-length-data options, the shape IPv4 and TCP share: the length counts kind and length byte,
/// and two kinds are single bytes.
/// </summary>
internal readonly ref struct OptionWalk
{
    private const int HeadBytes = 2;

    private OptionWalk(bool found, byte kind, ReadOnlySpan<byte> data, ReadOnlySpan<byte> rest, OptionStatus status)
    {
        Found = found;
        Kind = kind;
        Data = data;
        Rest = rest;
        Status = status;
    }

    public readonly bool Found;
    public readonly byte Kind;
    public readonly ReadOnlySpan<byte> Data;
    public readonly ReadOnlySpan<byte> Rest;
    public readonly OptionStatus Status;

    public static OptionWalk Next(ReadOnlySpan<byte> rest, byte endOfList, byte noOperation)
    {
        while (!rest.IsEmpty && rest[0] == noOperation)
            rest = rest[1..];
        if (rest.IsEmpty || rest[0] == endOfList)
            return default;
        if (rest.Length < HeadBytes || rest[1] < HeadBytes || rest[1] > rest.Length)
            return new OptionWalk(false, rest[0], default, default, OptionStatus.BadLength);
        return new OptionWalk(true, rest[0], rest[HeadBytes..rest[1]], rest[rest[1]..], OptionStatus.Ok);
    }
}
