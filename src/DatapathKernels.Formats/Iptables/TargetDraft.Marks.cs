using DatapathKernels.Filtering;

namespace DatapathKernels.Formats.Iptables;

/// <content>The options of MARK, CONNMARK, CT and of the targets that write one header field.</content>
internal sealed partial class TargetDraft
{
    /// <summary>Above every size that TCPMSS can be given.</summary>
    private const uint ClampToPath = uint.MaxValue;

    private uint _value, _mask, _packetMask;
    private bool _hasValue, _noTrack;
    private ConnectionMarkMode _copy;
    private HopLimitMode _mode;
    private ushort? _zone;
    private string? _helper;

    private bool TryMark(ReadOnlySpan<char> option, ref OptionArguments arguments)
    {
        if (option is not ("--set-mark" or "--set-xmark" or "--and-mark" or "--or-mark" or "--xor-mark"))
            return false;
        ReadOnlySpan<char> text = arguments.Take("a mark");
        bool mayMask = option is "--set-mark" or "--set-xmark";
        if (!Literals.TryMasked(text, out uint value, out uint mask) || (!mayMask && text.Contains('/')))
            throw arguments.Expected(mayMask ? "a mark like 0x4000 or 0x4000/0x4000" : "a mark like 0x4000", text);
        (_value, _mask) = option switch
        {
            "--set-mark" => (value, mask | value),
            "--set-xmark" => (value, mask),
            "--and-mark" => (0u, ~value),
            "--or-mark" => (value, value),
            _ => (value, 0u),
        };
        return TakeAction(option, arguments);
    }

    /// <summary>Notes that the target has its action, of which there is one.</summary>
    private bool TakeAction(ReadOnlySpan<char> option, in OptionArguments arguments) =>
        _hasValue ? throw arguments.Expected($"one action of {_name}", option) : _hasValue = true;

    private bool TryConnectionMark(ReadOnlySpan<char> option, ref OptionArguments arguments)
    {
        switch (option)
        {
            case "--save-mark" or "--restore-mark":
                _copy = option is "--save-mark" ? ConnectionMarkMode.Save : ConnectionMarkMode.Restore;
                return TakeAction(option, arguments);
            case "--ctmask":
                _mask = TakeMask(ref arguments);
                return true;
            case "--nfmask":
                _packetMask = TakeMask(ref arguments);
                return true;
            case "--mask":
                _mask = _packetMask = TakeMask(ref arguments);
                return true;
            default:
                return TryMark(option, ref arguments);
        }
    }

    private static uint TakeMask(ref OptionArguments arguments)
    {
        ReadOnlySpan<char> text = arguments.Take("a mask");
        return Literals.TryUInt32(text, out uint mask) ? mask : throw arguments.Expected("a mask like 0xff", text);
    }

    private bool TryTracking(ReadOnlySpan<char> option, ref OptionArguments arguments)
    {
        switch (option)
        {
            case "--notrack":
                return _noTrack = true;
            case "--zone":
                ReadOnlySpan<char> text = arguments.Take("a zone");
                if (!Literals.TryUInt32(text, out uint zone) || zone > ushort.MaxValue)
                    return false;
                _zone = (ushort)zone;
                return true;
            case "--helper":
                _helper = arguments.Take("the name of a helper").ToString();
                return true;
            default:
                return false;
        }
    }

    private bool TryHopLimit(ReadOnlySpan<char> option, ref OptionArguments arguments)
    {
        HopLimitMode? mode = option switch
        {
            "--ttl-set" or "--hl-set" => HopLimitMode.Set,
            "--ttl-inc" or "--hl-inc" => HopLimitMode.Increase,
            "--ttl-dec" or "--hl-dec" => HopLimitMode.Decrease,
            _ => null,
        };
        if (mode is not { } found || option.StartsWith("--hl") != (_name == "HL"))
            return false;
        _mode = found;
        arguments.Family ??= _name == "HL" ? IpFamily.V6 : IpFamily.V4;
        uint least = found == HopLimitMode.Set ? 0u : 1u;
        return TakeValue(option, least, byte.MaxValue, $"a number from {least} to 255", ref arguments);
    }

    private bool TryDscp(ReadOnlySpan<char> option, ref OptionArguments arguments)
    {
        if (option is "--set-dscp")
            return TakeValue(option, 0, 63, "a DSCP value from 0 to 63", ref arguments);
        if (option is not "--set-dscp-class")
            return false;
        ReadOnlySpan<char> text = arguments.Take("a DSCP class");
        if (!Names.TryFind(Names.DscpClasses, text, out byte value))
            throw arguments.Expected("a DSCP class like EF, AF21 or CS3", text);
        _value = value;
        return TakeAction(option, arguments);
    }

    private bool TryTos(ReadOnlySpan<char> option, ref OptionArguments arguments)
    {
        if (option is not ("--set-tos" or "--and-tos" or "--or-tos" or "--xor-tos"))
            return false;
        ReadOnlySpan<char> text = arguments.Take("a TOS value");
        if (!MatchDraft.TryTos(text, out byte value, out byte mask))
            throw arguments.Expected("a TOS value like 0x10 or 0x10/0x3f", text);
        (_value, _mask) = option switch
        {
            "--set-tos" => ((uint)value, (uint)mask),
            "--and-tos" => (0u, (byte)~value),
            "--or-tos" => (value, value),
            _ => (value, 0u),
        };
        return TakeAction(option, arguments);
    }

    private bool TryTcpMss(ReadOnlySpan<char> option, ref OptionArguments arguments)
    {
        if (option is "--set-mss")
            return TakeValue(option, 0, arguments.Family == IpFamily.V6 ? 65535u - 40 : 65535u - 20, "a segment size that fits a packet", ref arguments);
        if (option is not "--clamp-mss-to-pmtu")
            return false;
        // A size that was given as well does not count.
        _value = ClampToPath;
        return _hasValue = true;
    }

    private bool TakeValue(ReadOnlySpan<char> option, uint least, uint most, string expected, ref OptionArguments arguments)
    {
        ReadOnlySpan<char> text = arguments.Take(expected);
        if (!Literals.TryUInt32(text, out uint value) || value < least || value > most)
            throw arguments.Expected(expected, text);
        _value = value;
        return TakeAction(option, arguments);
    }
}
