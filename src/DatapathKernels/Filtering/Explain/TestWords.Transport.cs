using DatapathKernels.Packets;

namespace DatapathKernels.Filtering;

/// <content>Protocols, ports, flags.</content>
internal sealed unsafe partial class TestWords
{
    private static readonly string[] FlagNames = ["FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR"];

    private void AddProtocol(IpProtocol protocol, bool negated) =>
        Add("protocol", Protocol(_view.Protocol), Protocol((byte)protocol), negated, _view.Protocol == (byte)protocol);

    /// <summary>Port tests, negated ones too, look at packets with ports only.</summary>
    private void AddTransport() => Add("transport header", HasTransport ? "(present)" : "(missing)", "present", false, HasTransport);

    private void AddPorts(PortTest source, PortTest destination)
    {
        AddTransport();
        AddPort("source port", source, _view.SourcePort);
        AddPort("destination port", destination, _view.DestinationPort);
    }

    private void AddPort(string field, PortTest test, ushort port)
    {
        if (!test.IsAny)
            Add(field, $"{port}", test.Range.ToString(), test.Negated, test.Range.Contains(port));
    }

    private void AddTcp(TcpMatch tcp)
    {
        if (tcp.Option != 0)
            Add("TCP options", HasOption(tcp.Option) ? $"with kind {tcp.Option}" : $"without kind {tcp.Option}", $"with kind {tcp.Option}", tcp.OptionNegated, HasOption(tcp.Option));
        if (tcp.FlagMask == 0 && tcp.FlagValue == 0 && !tcp.FlagsNegated)
            return;
        int flags = (byte)(_view.Transport >> PacketView.FlagsShift) & tcp.FlagMask;
        Add("TCP flags", Flags(flags), $"{Flags(tcp.FlagValue)} of {Flags(tcp.FlagMask)}", tcp.FlagsNegated, flags == tcp.FlagValue);
    }

    private bool HasOption(byte kind) =>
        HasTransport && ChainMatcher.TestTcpOption(new ExtraMatch(ExtraKind.TcpOption, false, kind), new ReadOnlySpan<byte>(_frame, _frameLength), _info);

    private void AddIcmp(IcmpMatch icmp)
    {
        AddTransport();
        byte type = (byte)(_view.DestinationPort >> 8), code = (byte)_view.DestinationPort;
        if (icmp.Type is not { } asked)
        {
            if (icmp.Negated)
                Add("ICMP type", $"{type}", "any", true, true);
            return;
        }

        bool everyCode = icmp is { LowCode: 0, HighCode: 255 };
        string codes = everyCode ? "" : icmp.LowCode == icmp.HighCode ? $"/{icmp.LowCode}" : $"/{icmp.LowCode}-{icmp.HighCode}";
        Add("ICMP type", everyCode ? $"{type}" : $"{type}/{code}", $"{asked}{codes}", icmp.Negated, type == asked && code >= icmp.LowCode && code <= icmp.HighCode);
    }

    private void AddMultiport(MultiportMatch multiport)
    {
        AddTransport();
        bool fits = false;
        string ranges = "";
        foreach (PortRange range in multiport.Ports)
        {
            fits |= (multiport.Side != PacketSide.Destination && range.Contains(_view.SourcePort))
                || (multiport.Side != PacketSide.Source && range.Contains(_view.DestinationPort));
            ranges += (ranges.Length > 0 ? "," : "") + range.ToString();
        }

        (string field, string value) = multiport.Side switch
        {
            PacketSide.Source => ("source port", $"{_view.SourcePort}"),
            PacketSide.Destination => ("destination port", $"{_view.DestinationPort}"),
            _ => ("either port", $"{_view.SourcePort},{_view.DestinationPort}"),
        };
        Add(field, value, $"one of {ranges}", multiport.Negated, fits);
    }

    private static string Flags(int flags)
    {
        string text = "";
        for (int i = 0; i < FlagNames.Length; i++)
        {
            if ((flags >> i & 1) != 0)
                text += (text.Length > 0 ? "," : "") + FlagNames[i];
        }

        return text.Length == 0 ? "NONE" : text;
    }
}
