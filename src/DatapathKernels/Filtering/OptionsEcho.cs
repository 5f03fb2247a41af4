using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace DatapathKernels.Filtering;

/// <summary>
/// What becomes of a packet's IPv4 options where it arrives (<c>ip_options_compile</c>: a recorded route and timestamps get this node's entry), and which of them an
/// ICMP error about it carries back (<c>__ip_options_echo</c>, <c>ip_options_build</c>): those two, each with room with one entry more.
/// </summary>
internal static class OptionsEcho
{
    private const byte End = 0, Nop = 1, RecordRoute = 7, Timestamp = 0x44, LooseRoute = 0x83, StrictRoute = 0x89, Cipso = 0x86, RouterAlert = 0x94;
    private const int TimeOnly = 0, TimeAndAddress = 1, Prespecified = 3;

    /// <summary>
    /// Writes this node's entries. False for options that are malformed, or that ask for a route: the kernel takes a packet with those to no
    /// chain that rejects (unless it is told to accept source routes).
    /// </summary>
    /// <param name="options">The options, rewritten in place.</param>
    /// <param name="ownBe">This node's address, network byte order.</param>
    /// <param name="timeMs">Milliseconds since midnight.</param>
    public static bool TryArrive(Span<byte> options, uint ownBe, uint timeMs)
    {
        Span<bool> seen = stackalloc bool[2];
        seen.Clear();
        for (int at = 0; at < options.Length;)
        {
            if (options[at] == End)
            {
                options[at..].Clear();
                return true;
            }

            if (options[at] == Nop)
            {
                at++;
                continue;
            }

            if (at + 1 >= options.Length || options[at + 1] < 2 || at + options[at + 1] > options.Length || !TryArriveOne(options.Slice(at, options[at + 1]), ownBe, timeMs, seen))
                return false;
            at += options[at + 1];
        }

        return true;
    }

    /// <summary>Writes the options of the answer, padded to whole words.</summary>
    /// <param name="options">The packet's, as they are behind <see cref="TryArrive"/>.</param>
    /// <param name="arrived">The packet's, as they came.</param>
    /// <param name="ownBe">Who answers, network byte order.</param>
    /// <param name="timeMs">Milliseconds since midnight.</param>
    /// <param name="echo">40 bytes.</param>
    /// <returns>The bytes written; -1 when there can be no answer: an option has room for a part of an entry.</returns>
    public static int Write(ReadOnlySpan<byte> options, ReadOnlySpan<byte> arrived, uint ownBe, uint timeMs, Span<byte> echo)
    {
        echo.Clear();
        int bytes = 0;
        foreach (byte kind in (ReadOnlySpan<byte>)[RecordRoute, Timestamp])
        {
            int at = Find(options, kind);
            if (at < 0)
                continue;
            Span<byte> option = echo.Slice(bytes, options[at + 1]);
            options.Slice(at, option.Length).CopyTo(option);
            bool hadRoom = arrived[at + 2] <= arrived[at + 1], wasWritten = arrived[at + 2] != option[2];
            if (hadRoom && option[2] <= option.Length && !(kind == RecordRoute ? TryRecord(option, ownBe) : TryStampAnswer(option, wasWritten, ownBe, timeMs)))
                return -1;
            bytes += option.Length;
        }

        return (bytes + 3) & ~3;
    }

    private static bool TryArriveOne(Span<byte> option, uint ownBe, uint timeMs, Span<bool> seen)
    {
        switch (option[0])
        {
            case RecordRoute:
                if (seen[0] || option.Length < 3 || option[2] < 4)
                    return false;
                seen[0] = true;
                return option[2] > option.Length || TryRecord(option, ownBe);
            case Timestamp:
                if (seen[1] || option.Length < 4 || option[2] < 5)
                    return false;
                seen[1] = true;
                return option[2] > option.Length ? TryOverflow(option) : TryStamp(option, ownBe, timeMs);
            case RouterAlert:
                return option.Length >= 4;
            default:
                return option[0] is not (LooseRoute or StrictRoute or Cipso);
        }
    }

    private static bool TryRecord(Span<byte> option, uint ownBe)
    {
        int at = option[2] - 1;
        if (at + 4 > option.Length)
            return false;
        MemoryMarshal.Write(option[at..], ownBe);
        option[2] += 4;
        return true;
    }

    private static bool TryStamp(Span<byte> option, uint ownBe, uint timeMs)
    {
        int at = option[2] - 1, flags = option[3] & 15;
        int entry = flags == TimeOnly ? 4 : 8;
        if (flags is not (TimeOnly or TimeAndAddress or Prespecified) || at + entry > option.Length)
            return false;
        if (flags == Prespecified && MemoryMarshal.Read<uint>(option[at..]) != ownBe)
            return true;
        if (flags == TimeAndAddress)
            MemoryMarshal.Write(option[at..], ownBe);
        BinaryPrimitives.WriteUInt32BigEndian(option[(at + entry - 4)..], timeMs);
        option[2] += (byte)entry;
        return true;
    }

    /// <summary>No room is left: counted in four bits, once.</summary>
    private static bool TryOverflow(Span<byte> option)
    {
        if ((option[3] & 15) == Prespecified)
            return true;
        option[3] += 16;
        return option[3] >= 16;
    }

    private static bool TryStampAnswer(Span<byte> option, bool wasWritten, uint ownBe, uint timeMs)
    {
        bool isOthers = (option[3] & 15) == Prespecified && (!wasWritten || option[2] + 7 > option.Length);
        return isOthers || TryStamp(option, ownBe, timeMs);
    }

    private static int Find(ReadOnlySpan<byte> options, byte kind)
    {
        for (int at = 0; at < options.Length && options[at] != End; at += options[at] == Nop ? 1 : options[at + 1])
        {
            if (options[at] == kind)
                return at;
        }

        return -1;
    }
}
