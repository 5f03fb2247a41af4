using System.Globalization;
using DatapathKernels.Filtering;
using DatapathKernels.Packets;

namespace DatapathKernels.Formats.Iptables;

/// <content>Extensions that look at header fields and at what the node knows of a packet. The match grows option by option.</content>
internal sealed partial class MatchDraft
{
    private bool TryTtl(ReadOnlySpan<char> option, ref OptionArguments arguments)
    {
        ReadOnlySpan<char> prefix = _module == "ttl" ? "--ttl" : "--hl";
        TtlTest? test = !option.StartsWith(prefix) ? null : option[prefix.Length..] switch
        {
            "-eq" or "" => TtlTest.Equal,
            "-lt" => TtlTest.Less,
            "-gt" => TtlTest.Greater,
            _ => null,
        };
        if (test is null || (arguments.Negated && test != TtlTest.Equal))
            return false;
        RequireFirst(option, arguments);
        byte value = (byte)TakeNumber(ref arguments, "a number from 0 to 255", byte.MaxValue);
        _match = new TtlMatch(_module == "ttl" ? IpFamily.V4 : IpFamily.V6, test.Value, value, arguments.Negated);
        return true;
    }

    /// <summary>For extensions that make one test.</summary>
    private void RequireFirst(ReadOnlySpan<char> option, in OptionArguments arguments)
    {
        if (_match is not null)
            throw arguments.Expected($"one test of -m {_module}", option);
    }

    private bool TryLength(ReadOnlySpan<char> option, ref OptionArguments arguments)
    {
        if (option is not "--length")
            return false;
        ReadOnlySpan<char> text = arguments.Take("a length");
        if (!Literals.TryPorts(text, ':', out PortRange range, mayBeEmpty: true))
            throw arguments.Expected("a length or a range like 0:1500", text);
        _match = new LengthMatch(range.Low, range.High, arguments.Negated);
        return true;
    }

    private bool TryTrafficClass(ReadOnlySpan<char> option, ref OptionArguments arguments)
    {
        ReadOnlySpan<char> text;
        switch (option)
        {
            case "--dscp" when _module == "dscp":
                RequireFirst(option, arguments);
                _match = new DscpMatch((byte)TakeNumber(ref arguments, "a code point from 0 to 63", 63), arguments.Negated);
                return true;
            case "--dscp-class" when _module == "dscp":
                RequireFirst(option, arguments);
                text = arguments.Take("a DSCP class");
                if (!Names.TryFind(Names.DscpClasses, text, out byte point))
                    throw arguments.Expected("a DSCP class (BE, EF, CS0 to CS7, AF11 to AF43)", text);
                _match = new DscpMatch(point, arguments.Negated);
                return true;
            case "--tos" when _module == "tos":
                text = arguments.Take("a type of service");
                if (!TryTos(text, out byte value, out byte mask))
                    throw arguments.Expected("a type of service like 0x10, 0x10/0x3f or Minimize-Delay", text);
                _match = new TosMatch(value, mask, arguments.Negated);
                return true;
            default:
                return false;
        }
    }

    /// <summary>A name leaves the two bits of ECN out, a bare number does not.</summary>
    internal static bool TryTos(ReadOnlySpan<char> text, out byte value, out byte mask)
    {
        mask = 0x3f;
        if (Names.TryFind(Names.TypesOfService, text, out value))
            return true;
        bool ok = Literals.TryMasked(text, out uint number, out uint bits);
        bits = text.Contains('/') ? bits : byte.MaxValue;
        (value, mask) = ((byte)number, (byte)bits);
        return ok && number <= byte.MaxValue && bits <= byte.MaxValue;
    }

    private bool TryEcn(ReadOnlySpan<char> option, ref OptionArguments arguments)
    {
        EcnMatch ecn = _match as EcnMatch ?? new EcnMatch(null, null, null);
        switch (option)
        {
            case "--ecn-tcp-cwr":
                _match = ecn with { Cwr = !arguments.Negated };
                return true;
            case "--ecn-tcp-ece":
                _match = ecn with { Ece = !arguments.Negated };
                return true;
            case "--ecn-ip-ect":
                _match = ecn with { CodePoint = (byte)TakeNumber(ref arguments, "a number from 0 to 3", 3), CodePointNegated = arguments.Negated };
                return true;
            default:
                return false;
        }
    }

    private bool TryIpRange(ReadOnlySpan<char> option, ref OptionArguments arguments)
    {
        if (option is not ("--src-range" or "--dst-range"))
            return false;
        ReadOnlySpan<char> text = arguments.Take("a range of addresses");
        int dash = text.IndexOf('-');
        UInt128 high = 0;
        IpFamily highFamily = default;
        bool ok = Literals.TryAddress(dash < 0 ? text : text[..dash], out IpFamily family, out UInt128 low, isShort: true);
        ok &= dash < 0 ? (high = low) == low : Literals.TryAddress(text[(dash + 1)..], out highFamily, out high, isShort: true) && highFamily == family;
        arguments.Family ??= family;
        if (!ok || arguments.Family != family)
            throw arguments.Expected($"a range of {(arguments.Family == IpFamily.V6 ? "IPv6" : "IPv4")} addresses like 10.0.0.1-10.0.0.9", text);
        IpRangeMatch ranges = _match as IpRangeMatch ?? new IpRangeMatch(null, false, null, false);
        IpAddressRange range = new(family, low, high);
        _match = option is "--src-range"
            ? ranges with { Source = range, SourceNegated = arguments.Negated }
            : ranges with { Destination = range, DestinationNegated = arguments.Negated };
        return true;
    }

    private bool TryU32(ReadOnlySpan<char> option, ref OptionArguments arguments)
    {
        if (option is not "--u32")
            return false;
        ReadOnlySpan<char> text = arguments.Take("an expression");
        if (!U32Expression.TryParse(text, out U32Expression? expression, out string error))
            throw new SyntaxException(arguments.Column, error);
        _match = new U32Match(expression!, arguments.Negated);
        return true;
    }

    private bool TryPacketType(ReadOnlySpan<char> option, ref OptionArguments arguments)
    {
        if (option is not "--pkt-type")
            return false;
        ReadOnlySpan<char> text = arguments.Take("a packet type");
        if (!Names.TryFind(Names.PacketTypes, text, out PacketType type))
            throw arguments.Expected("unicast, broadcast or multicast", text);
        _match = new PacketTypeMatch(type, arguments.Negated);
        return true;
    }

    private bool TryMac(ReadOnlySpan<char> option, ref OptionArguments arguments)
    {
        if (option is not "--mac-source")
            return false;
        ReadOnlySpan<char> text = arguments.Take("an Ethernet address");
        Span<byte> bytes = stackalloc byte[MacAddress.Size];
        int count = 0;
        bool ok = true;
        foreach (Range part in text.Split(':'))
        {
            byte value = 0;
            ok = ok && count < bytes.Length && byte.TryParse(text[part], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value);
            if (ok)
                bytes[count++] = value;
        }

        if (!ok || count != bytes.Length)
            throw arguments.Expected("an Ethernet address like 02:00:00:00:00:01", text);
        _match = new MacMatch(new MacAddress(bytes), arguments.Negated);
        return true;
    }

    private bool TryTcpOption(ReadOnlySpan<char> option, ref OptionArguments arguments)
    {
        if (option is not "--tcp-option")
            return false;
        _tcpOption = (byte)TakeNumber(ref arguments, "an option kind from 1 to 255", byte.MaxValue);
        if (_tcpOption == 0)
            throw arguments.Expected("an option kind from 1 to 255", "0");
        _tcpOptionNegated = arguments.Negated;
        return true;
    }
}
