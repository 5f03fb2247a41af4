using System.Buffers.Binary;
using DatapathKernels.Packets;

namespace DatapathKernels.Tests.Formats.Captures;

/// <summary>
/// What a flow parser must say of a frame, worked out from the oracle's fields alone: tshark tells what the headers hold,
/// the rules here tell which of it is sound.
/// </summary>
internal sealed class FlowExpectation
{
    private const int QuotedBytes = 8;

    /// <summary>Protocols with ports that the oracle was not asked to list.</summary>
    private const string Unseen = "unseen";

    private readonly List<OracleLayer> _layers;
    private readonly byte[] _frame;
    private int _next;
    private bool _isLengthZero;

    private FlowExpectation(List<OracleLayer> layers, byte[] frame)
    {
        _layers = layers;
        _frame = frame;
    }

    /// <summary>The status, or null for "some error": tshark left the fields out because the header is broken.</summary>
    public ParseStatus? Status { get; private set; }

    public int L3 { get; private set; }

    public int L4 { get; private set; }

    /// <summary>Length of the datagram, bytes; what tshark inferred where the field is zero.</summary>
    public long L3Length { get; private set; }

    public long Protocol { get; private set; }

    public OracleLayer Network { get; private set; }

    public OracleLayer? Transport { get; private set; }

    private bool IsIpv6 => Network.Name == "ipv6";

    public static FlowExpectation Of(List<OracleLayer> layers, LinkType link, ReadOnlySpan<byte> frame)
    {
        var expectation = new FlowExpectation(layers, frame.ToArray());
        expectation.Status = expectation.PassLink(link);
        if (expectation.Status == ParseStatus.Ok)
            expectation.Status = expectation.PassNetwork();
        return expectation;
    }

    private ParseStatus? PassLink(LinkType link)
    {
        if (!Enum.IsDefined(link))
            return ParseStatus.UnsupportedLinkType;
        if (_layers.Count == 0)
            return null;
        if (_layers[0].Name is "eth" or "sll" or "null")
            L3 = _layers[_next++].Name switch { "eth" => 14, "null" => 4, _ => link == LinkType.LinuxSll2 ? 20 : 16 };
        for (; _next < _layers.Count && _layers[_next].Name is "vlan" or "8021ad"; _next++)
            L3 += 4;
        if (_next == _layers.Count || _layers[_next].Name is not ("ip" or "ipv6"))
            return ParseStatus.NotIp;
        Network = _layers[_next++];
        return ParseStatus.Ok;
    }

    private ParseStatus? PassNetwork()
    {
        if (!Network.Has("src") || !Network.Has("dst"))
            return null;
        int room = _frame.Length - L3;
        ParseStatus? status = IsIpv6 ? PassIpv6(room) : PassIpv4(room);
        if (L3Length > room && status is ParseStatus.Ok or ParseStatus.NonFirstFragment)
            return ParseStatus.TruncatedPayload;
        if (status == ParseStatus.Ok)
            status = PassTransport();
        return status == ParseStatus.Ok && _isLengthZero ? ParseStatus.LengthZero : status;
    }

    private ParseStatus? PassIpv4(int room)
    {
        long header = Network["hl"]!.Value;
        L3Length = Network["len"]!.Value;
        // tshark gives an inferred length for zero, so the frame must tell.
        _isLengthZero = room >= 20 && (_frame[L3 + 2] | _frame[L3 + 3]) == 0 && Network["mf"] == 0 && Network["frag8"] == 0;
        L4 = L3 + (int)header;
        Protocol = Network["proto"]!.Value;
        if (header < 20)
            return ParseStatus.BadIhl;
        if (header > room)
            return ParseStatus.TruncatedIpv4;
        if (L3Length < header)
            return ParseStatus.BadTotalLength;
        return Network["frag8"] != 0 ? ParseStatus.NonFirstFragment : ParseStatus.Ok;
    }

    private ParseStatus? PassIpv6(int room)
    {
        long payload = Network["plen"]!.Value;
        bool isJumbo = payload == 0 && Jumbo() != 0;
        _isLengthZero = payload == 0 && !isJumbo && Network["nxt"] != (long)IpProtocol.NoNextHeader;
        L3Length = isJumbo ? 40 + Jumbo() : _isLengthZero ? room : 40 + payload;
        L4 = L3 + 40;
        Protocol = Network["nxt"]!.Value;
        var extensions = Network.List("ext").ToList();
        if (extensions.Count > Ipv6ExtensionChain.MaxHeaders)
            return ParseStatus.BadExtension;
        foreach (OracleLayer extension in extensions)
        {
            bool isFragment = extension.Text("h") == "fraghdr";
            L4 += isFragment ? 8 : (int)(extension["len"]!.Value + 1) * 8;
            Protocol = extension["nxt"]!.Value;
            if (isFragment && extension["off8"] != 0)
                return ParseStatus.NonFirstFragment;
        }
        if (L4 - L3 > L3Length)
            return ParseStatus.TruncatedExtension;
        // The oracle lists no authentication headers: their length is in the frame, in words less two.
        while (Protocol == (long)IpProtocol.Ah && _frame.Length >= L4 + 8)
        {
            Protocol = _frame[L4];
            L4 += (_frame[L4 + 1] + 2) * 4;
        }
        return ParseStatus.Ok;
    }

    /// <summary>The jumbo length (RFC 2675), which the oracle does not list: the first option of a first hop-by-hop header.</summary>
    private long Jumbo() =>
        Network["nxt"] == (long)IpProtocol.HopByHop && _frame.AsSpan(L3) is { Length: >= 48 } packet && packet[42] == 0xc2
            ? BinaryPrimitives.ReadUInt32BigEndian(packet[44..])
            : 0;

    private ParseStatus? PassTransport()
    {
        if (TransportName() is not { } name)
            return ParseStatus.UnsupportedProtocol;
        long segment = L3Length - (L4 - L3);
        if (segment < (name switch { "tcp" => 20, "sctp" => 12, _ => QuotedBytes }))
            return ParseStatus.TruncatedTransport;
        if (name == Unseen)
            return ParseStatus.Ok;
        if (_next == _layers.Count || _layers[_next].Name != name)
            return null;
        Transport = _layers[_next];
        return name switch
        {
            "tcp" when Transport.Value["hl"] is < 20 or null || Transport.Value["hl"] > segment => ParseStatus.BadTcpDataOffset,
            "udp" when Transport.Value["len"] == 0 && _isLengthZero => ParseStatus.Ok,
            "udp" when Transport.Value["len"] is < QuotedBytes or null || (Transport.Value["len"] > segment && !HasMoreFragments()) => ParseStatus.BadUdpLength,
            _ => ParseStatus.Ok,
        };
    }

    private bool HasMoreFragments() =>
        Network["mf"] == 1 || Network.List("ext").Any(e => e["more"] == 1);

    private string? TransportName() => (IpProtocol)Protocol switch
    {
        IpProtocol.Tcp => "tcp",
        IpProtocol.Udp => "udp",
        IpProtocol.Sctp => "sctp",
        IpProtocol.Dccp or IpProtocol.UdpLite => Unseen,
        IpProtocol.Icmp when !IsIpv6 => "icmp",
        IpProtocol.IcmpV6 when IsIpv6 => "icmpv6",
        _ => null,
    };
}
