using System.Globalization;
using DatapathKernels.Filtering;

namespace DatapathKernels.Formats.Iptables;

/// <content>The options of LOG, NFLOG and SET.</content>
internal sealed partial class TargetDraft
{
    private static readonly LogTarget EmptyLog = new(LogKind.Log);
    private static readonly SetTarget EmptySet = new();

    private LogTarget _log = EmptyLog;
    private SetTarget _set = EmptySet;

    private bool TryLog(ReadOnlySpan<char> option, ref OptionArguments arguments)
    {
        switch (option)
        {
            case "--log-prefix":
                _log = _log with { Prefix = TakePrefix(29, ref arguments) };
                return true;
            case "--log-level":
                ReadOnlySpan<char> text = arguments.Take("a log level");
                if (!Names.TryFind(Names.LogLevels, text, out byte level) && (!byte.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out level) || level > 7))
                    throw arguments.Expected("a log level from 0 to 7, or a name like warning", text);
                _log = _log with { Level = level };
                return true;
            default:
                if (!Names.TryFind(Names.LogFlags, option, out LogOptions flag))
                    return false;
                _log = _log with { Options = _log.Options | flag };
                return true;
        }
    }

    private bool TryNfLog(ReadOnlySpan<char> option, ref OptionArguments arguments)
    {
        switch (option)
        {
            case "--nflog-prefix":
                _log = _log with { Prefix = TakePrefix(63, ref arguments) };
                return true;
            case "--nflog-group":
                _log = _log with { Group = (ushort)TakeNumber(ushort.MaxValue, ref arguments) };
                return true;
            case "--nflog-size":
                _log = _log with { Size = TakeNumber(uint.MaxValue, ref arguments) };
                return true;
            case "--nflog-range":
                _log = _log with { Range = TakeNumber(uint.MaxValue, ref arguments) };
                return true;
            case "--nflog-threshold":
                _log = _log with { Threshold = (ushort)TakeNumber(ushort.MaxValue, ref arguments) };
                return true;
            default:
                return false;
        }
    }

    private bool TrySet(ReadOnlySpan<char> option, ref OptionArguments arguments)
    {
        switch (option)
        {
            case "--add-set":
                _set = _set with { Add = TakeSet(ref arguments) };
                return true;
            case "--del-set":
                _set = _set with { Remove = TakeSet(ref arguments) };
                return true;
            case "--map-set":
                _set = _set with { Map = TakeSet(ref arguments) };
                return true;
            case "--exist":
                _set = _set with { Renew = true };
                return true;
            case "--timeout":
                _set = _set with { TimeoutSeconds = TakeNumber(uint.MaxValue, ref arguments) };
                return true;
            case "--map-mark":
                _set = _set with { MapMark = true };
                return true;
            case "--map-prio":
                _set = _set with { MapPriority = true };
                return true;
            case "--map-queue":
                _set = _set with { MapQueue = true };
                return true;
            default:
                return false;
        }
    }

    /// <summary>A prefix, of which the kernel's record has room for the beginning.</summary>
    private static string TakePrefix(int room, ref OptionArguments arguments)
    {
        ReadOnlySpan<char> text = arguments.Take("a prefix");
        if (text.IsEmpty)
            throw arguments.Expected("a prefix", text);
        return text[..Math.Min(text.Length, room)].ToString();
    }

    private static SetReference TakeSet(ref OptionArguments arguments)
    {
        string name = arguments.Take("the name of a set").ToString();
        ReadOnlySpan<char> text = arguments.Take("directions");
        if (!Literals.TryDirections(text, out IpSetDirections directions))
            throw arguments.Expected("directions like src or dst,src", text);
        return new SetReference(name, directions);
    }

    private static uint TakeNumber(uint most, ref OptionArguments arguments)
    {
        ReadOnlySpan<char> text = arguments.Take("a number");
        return Literals.TryUInt32(text, out uint value) && value <= most ? value : throw arguments.Expected($"a number up to {most}", text);
    }
}
