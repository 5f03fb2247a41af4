using DatapathKernels.Filtering;

namespace DatapathKernels.Formats.Iptables;

/// <content>The options of address translation.</content>
internal sealed partial class TargetDraft
{
    private UInt128? _low, _high;
    private PortRange? _ports;
    private ushort? _portBase;
    private NatFlags _flags;

    private bool TryNat(ReadOnlySpan<char> option, string to, ref OptionArguments arguments)
    {
        if (!option.SequenceEqual(to) && option is not "--to")
            return TryFlag(option);
        ReadOnlySpan<char> text = arguments.Take("an address and port");
        if (_low is not null || !TryRange(text, mayShift: to == "--to-destination", ref arguments))
            throw arguments.Expected("an address range and ports like 10.0.0.1-10.0.0.9:80-90 or [fd00::1]:80, once", text);
        return true;
    }

    /// <summary><c>address[-address][:port[-port[/base]]]</c>, the base for destinations only; IPv6 with ports in brackets.</summary>
    private bool TryRange(ReadOnlySpan<char> text, bool mayShift, ref OptionArguments arguments)
    {
        ReadOnlySpan<char> addresses = text, ports = default;
        if (text is ['[', ..])
        {
            int close = text.IndexOf(']');
            if (close < 0)
                return false;
            addresses = text[1..close];
            if (!addresses.Contains(':'))
                return false;
            ports = text[(close + 1)..];
        }
        else if (text.Count(':') == 1)
        {
            int colon = text.IndexOf(':');
            addresses = text[..colon];
            ports = text[colon..];
        }

        if (ports.Length > 0)
        {
            if (ports[0] != ':' || (mayShift && !TryPortBase(ref ports)) || !Literals.TryPorts(ports[1..], '-', out PortRange range, byName: true, mayBeOpen: false))
                return false;
            _ports = range;
        }

        return addresses.IsEmpty ? _ports is not null : TryAddresses(addresses, ref arguments);
    }

    /// <summary>Takes the base from behind a range of ports, if there is one.</summary>
    private bool TryPortBase(ref ReadOnlySpan<char> ports)
    {
        int slash = ports.IndexOf('/');
        if (slash < 0)
            return true;
        if (!ports[..slash].Contains('-') || !Literals.TryPorts(ports[(slash + 1)..], '-', out PortRange start) || start.Low == 0 || start.Low != start.High)
            return false;
        _portBase = start.Low;
        ports = ports[..slash];
        return true;
    }

    private bool TryAddresses(ReadOnlySpan<char> text, ref OptionArguments arguments)
    {
        int dash = text.IndexOf('-');
        if (!Literals.TryAddress(dash < 0 ? text : text[..dash], out IpFamily family, out UInt128 low, isShort: true))
            return false;
        UInt128 high = low;
        if (dash >= 0 && (!Literals.TryAddress(text[(dash + 1)..], out IpFamily highFamily, out high, isShort: true) || highFamily != family || high < low))
            return false;
        arguments.Family ??= family;
        (_low, _high) = (low, high);
        return arguments.Family == family;
    }

    private bool TryPorts(ReadOnlySpan<char> option, ref OptionArguments arguments)
    {
        if (option is not ("--to-ports" or "--to-port"))
            return TryFlag(option);
        ReadOnlySpan<char> text = arguments.Take("a port or a range");
        if (!Literals.TryPorts(text, '-', out PortRange range, byName: true, mayBeOpen: false))
            throw arguments.Expected("a port or a range like 1024-65535", text);
        _ports = range;
        return true;
    }

    private bool TryFlag(ReadOnlySpan<char> option)
    {
        NatFlags flag = option switch
        {
            "--random" => NatFlags.Random,
            "--random-fully" => NatFlags.RandomFully,
            "--persistent" => NatFlags.Persistent,
            _ => NatFlags.None,
        };
        _flags |= flag;
        return flag != NatFlags.None;
    }

    private bool TryNetmap(ReadOnlySpan<char> option, ref OptionArguments arguments)
    {
        if (option is not "--to")
            return false;
        ReadOnlySpan<char> text = arguments.Take("a network");
        if (!Literals.TryNetwork(text, out IpNetwork network, isShort: true) || (arguments.Family ?? network.Family) != network.Family)
            throw arguments.Expected("a network like 10.0.0.0/24", text);
        arguments.Family ??= network.Family;
        UInt128 width = network.Family == IpFamily.V4 ? uint.MaxValue : UInt128.MaxValue;
        (_low, _high) = (network.Address, network.Address | (width & ~network.Mask));
        return true;
    }
}
