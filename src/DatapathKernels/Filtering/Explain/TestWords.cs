using DatapathKernels.Packets;

namespace DatapathKernels.Filtering;

/// <summary>
/// The tests of a match on one packet, in words. A second, plain reading of the rules: it only explains what the walk
/// decided, and a test holds the two together.
/// </summary>
internal sealed unsafe partial class TestWords(RuleProgram program, MatcherOptions options, RuleState state)
{
    private readonly List<PacketTest> _tests = [];

    // SAFE: the walk under way keeps frame and meta in place for as long as it steps through rules
    private byte* _frame;
    private int _frameLength;
    private PacketMeta* _meta;
    private PacketInfo _info;
    private PacketView _view;

    /// <summary>The packet's connection, where it is known.</summary>
    public ConnectionRecord? Connection { get; set; }

    /// <summary>The packet the next words are about.</summary>
    public void Load(byte* frame, int length, in PacketInfo info, PacketMeta* meta)
    {
        _frame = frame;
        _frameLength = length;
        _info = info;
        _meta = meta;
    }

    /// <summary>True when the packet's transport header is cut off or wrong.</summary>
    public bool IsCut => !_info.HasKey;

    /// <summary>The same packet, as the walk sees it now.</summary>
    public void Load(in PacketView view) => _view = view;

    /// <summary>The tests of a match. The list lives until the next call.</summary>
    public List<PacketTest> Of(RuleMatch match)
    {
        _tests.Clear();
        switch (match)
        {
            case AddressMatch address:
                UInt128 value = AddressOf(address.Side);
                Add(NameOf(address.Side), Text(value), address.Network.ToString(), address.Negated, address.Network.Contains(value));
                break;
            case ProtocolMatch protocol:
                AddProtocol(protocol.Protocol, protocol.Negated);
                break;
            case FragmentMatch fragment:
                bool later = (_view.Transport & PacketView.LaterFragment) != 0;
                Add("packet", later ? "(a later fragment)" : "(whole or a first fragment)", "a later fragment", fragment.Negated, later);
                break;
            case InterfaceMatch face:
                string name = InterfaceName(face.Incoming ? _meta->InInterface : _meta->OutInterface);
                Add(face.Incoming ? "in-interface" : "out-interface", name.Length == 0 ? "(none)" : name, face.Pattern, face.Negated, face.Fits(name));
                break;
            case TcpMatch tcp:
                AddProtocol(IpProtocol.Tcp, false);
                AddPorts(tcp.Source, tcp.Destination);
                AddTcp(tcp);
                break;
            case PortMatch ports:
                AddProtocol(ports.Protocol, false);
                AddPorts(ports.Source, ports.Destination);
                break;
            case IcmpMatch icmp:
                AddIcmp(icmp);
                break;
            case MultiportMatch multiport:
                AddMultiport(multiport);
                break;
            default:
                if (!TryHeader(match) && !TryMeta(match))
                    AddMemory(match);
                break;
        }

        return _tests;
    }

    /// <summary>The packet in one line.</summary>
    public string Packet()
    {
        bool ports = HasTransport && !IsIcmp;
        string from = Text(AddressOf(PacketSide.Source)), to = Text(AddressOf(PacketSide.Destination));
        if (ports && program.Family == IpFamily.V6)
            (from, to) = ($"[{from}]", $"[{to}]");
        string text = ports ? $"{Protocol(_view.Protocol)} {from}:{_view.SourcePort} -> {to}:{_view.DestinationPort}" : $"{Protocol(_view.Protocol)} {from} -> {to}";
        if (HasTransport && IsIcmp)
            text += $", type {_view.DestinationPort >> 8} code {_view.DestinationPort & 255}";
        text += $", {_info.L3Length} bytes, {(program.Family == IpFamily.V4 ? "ttl" : "hop limit")} {Ttl}";
        if (_meta->InInterface != 0)
            text += $", in {InterfaceName(_meta->InInterface)}";
        if (_meta->OutInterface != 0)
            text += $", out {InterfaceName(_meta->OutInterface)}";
        return $"{text}, mark 0x{_meta->Mark:x}, state {States(_meta->State)}";
    }

    private void Add(string field, string packet, string rule, bool negated, bool? fits) =>
        _tests.Add(new PacketTest(field, packet, rule, negated, fits));

    private ReadOnlySpan<byte> Datagram => new ReadOnlySpan<byte>(_frame, _frameLength).Slice(_info.L3Offset, (int)_info.L3Length);

    private bool HasTransport => (_view.Transport & PacketView.HasTransport) != 0;

    private bool IsIcmp => (IpProtocol)_view.Protocol is IpProtocol.Icmp or IpProtocol.IcmpV6;

    private byte Ttl => Datagram[program.Family == IpFamily.V4 ? 8 : 7];

    private UInt128 AddressOf(PacketSide side) => _view.AddressOf(program.Family, side);

    private string Text(UInt128 address) => IpNetwork.Format(program.Family, address);

    private string InterfaceName(ushort id) => id > 0 && id <= options.Interfaces.Count ? options.Interfaces[id - 1] : "";

    private static string NameOf(PacketSide side) => side == PacketSide.Source ? "source" : "destination";

    private static string Protocol(byte protocol) => ((IpProtocol)protocol).ToString().ToLowerInvariant();

    private static string States(ConnectionStates states) => states == ConnectionStates.None ? "INVALID" : states.ToString().ToUpperInvariant();
}
