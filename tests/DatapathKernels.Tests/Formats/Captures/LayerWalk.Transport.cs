using DatapathKernels.Packets;

namespace DatapathKernels.Tests.Formats.Captures;

internal sealed partial class LayerWalk
{
    private void Transport(IpProtocol protocol, ReadOnlySpan<byte> segment, in Carrier carrier, bool isIpv6)
    {
        switch (protocol)
        {
            case IpProtocol.Tcp: Tcp(segment, carrier); break;
            case IpProtocol.Udp: Udp(segment, carrier, isIpv6); break;
            case IpProtocol.Sctp: Sctp(segment, carrier); break;
            case IpProtocol.Icmp when !isIpv6: Icmp(segment, carrier); break;
            case IpProtocol.IcmpV6 when isIpv6: Icmpv6(segment, carrier); break;
            case IpProtocol.Ipv4: Ipv4(segment); break;
            case IpProtocol.Ipv6: Ipv6(segment); break;
            case IpProtocol.Gre: Gre(segment); break;
        }
    }

    private void Tcp(ReadOnlySpan<byte> segment, in Carrier carrier)
    {
        ParseStatus status = TcpHeader.TryParse(segment, out TcpHeader header);
        if (status == ParseStatus.BadTcpDataOffset && NextName == "tcp" && _layers[_next]["hl"] is { } bytes && (bytes < TcpHeader.MinSize || bytes > segment.Length))
        {
            // The options are cut off: the view wants the whole header, tshark shows what there is.
            Count("partial tcp");
            return;
        }
        if (!TryTake("tcp", status, out OracleLayer layer))
            return;
        Check(layer, "sport", header.SourcePort);
        Check(layer, "dport", header.DestinationPort);
        Check(layer, "seq", header.Sequence);
        Check(layer, "ack", header.Acknowledgment);
        Check(layer, "hl", header.HeaderBytes);
        if (layer["flags"] is { } flags && (byte)flags != (byte)header.Flags)
            Fail($"tcp flags {header.Flags}, tshark {layer.Json}");
        Check(layer, "win", header.Window);
        Check(layer, "csum", header.Checksum);
        // The oracle's payload counts from the IP length, also when the capture was cut short.
        if (!carrier.IsCut)
            Check(layer, "payload", header.Payload.Length);
        var kinds = new List<int>();
        foreach (TcpOptions option in header.Options)
            kinds.Add((int)option.Kind);
        CheckOptions(layer, kinds);
        CheckSum(layer, segment, carrier);
    }

    private void Udp(ReadOnlySpan<byte> segment, in Carrier carrier, bool isIpv6)
    {
        ParseStatus status = UdpHeader.TryParse(segment, out UdpHeader header);
        if (status == ParseStatus.BadUdpLength && NextName == "udp" && _layers[_next]["len"] is { } length && (length < UdpHeader.Size || length > segment.Length))
        {
            // Fragments, quotes and packets cut short: the view wants the whole datagram, tshark shows what there is.
            Count("partial udp");
            return;
        }
        if (!TryTake("udp", status, out OracleLayer layer))
            return;
        Check(layer, "sport", header.SourcePort);
        Check(layer, "dport", header.DestinationPort);
        Check(layer, "len", header.Length);
        Check(layer, "csum", header.Checksum);
        if (header.Checksum == 0)
            CheckSum(layer, isIpv6 ? ChecksumVerdict.IllegalZero : ChecksumVerdict.Absent);
        else
            CheckSum(layer, segment, carrier);
        if (NextName == "vxlan")
            Vxlan(header.Payload);
        else if (NextName == "geneve")
            Geneve(header.Payload);
    }

    private void Sctp(ReadOnlySpan<byte> segment, in Carrier carrier)
    {
        if (!TryTake("sctp", SctpHeader.TryParse(segment, out SctpHeader header), out OracleLayer layer))
            return;
        Check(layer, "sport", header.SourcePort);
        Check(layer, "dport", header.DestinationPort);
        Check(layer, "vtag", header.VerificationTag);
        Check(layer, "csum", header.Checksum);
        if (carrier is { IsFragment: false, IsCut: false })
            CheckSum(layer, SctpChecksum.Verify(segment) ? ChecksumVerdict.Valid : ChecksumVerdict.Invalid);
        // tshark lists the chunks it can bundle with the first one in layers of their own.
        var expected = new List<int>(layer.Numbers("chunks") ?? []);
        for (; NextName == "sctp" && !_layers[_next].Has("vtag"); _next++)
            expected.AddRange(_layers[_next].Numbers("chunks") ?? []);
        var found = new List<int>();
        foreach (SctpChunks chunk in header.Chunks)
            found.Add(chunk.Type);
        if (carrier is { IsFragment: false, IsCut: false } && !found.SequenceEqual(expected))
            Fail($"sctp chunks {string.Join(',', found)}, tshark {string.Join(',', expected)}");
    }

    private void Icmp(ReadOnlySpan<byte> segment, in Carrier carrier)
    {
        if (!TryTake("icmp", IcmpHeader.TryParse(segment, out IcmpHeader header), out OracleLayer layer))
            return;
        Check(layer, "type", (long)header.Type);
        Check(layer, "code", header.Code);
        Check(layer, "csum", header.Checksum);
        // In an error the oracle shows the identifier of the echo it quotes.
        if (!header.IsError)
        {
            Check(layer, "id", header.Id);
            Check(layer, "seq", header.Sequence);
        }
        Check(layer, "mtu", header.NextHopMtu);
        // ICMP over IPv4 has no pseudo header.
        CheckSum(layer, segment, carrier with { PseudoHeader = 0 });
        Quoted(layer, header.QuotedPacket);
    }

    private void Icmpv6(ReadOnlySpan<byte> segment, in Carrier carrier)
    {
        if (!TryTake("icmpv6", Icmpv6Header.TryParse(segment, out Icmpv6Header header), out OracleLayer layer))
            return;
        Check(layer, "type", (long)header.Type);
        Check(layer, "code", header.Code);
        Check(layer, "csum", header.Checksum);
        Check(layer, "mtu", header.Mtu);
        CheckSum(layer, segment, carrier);
        Quoted(layer, header.QuotedPacket);
    }

    private void Quoted(OracleLayer layer, ReadOnlySpan<byte> packet)
    {
        var quoted = layer.List("quoted").ToList();
        if (quoted.Count == 0)
            return;
        var walk = new LayerWalk(quoted, _tally, isSnapped: false, isQuoted: true);
        walk.Network(packet);
        if (walk.Difference is not null)
            Fail("quoted " + walk.Difference);
    }

    /// <summary>
    /// A fragment has no verdict. Neither has a packet shorter than its IP header claims; tshark agrees where the capture
    /// cut it short, but checks what is there when the packet never was longer.
    /// </summary>
    private void CheckSum(OracleLayer layer, ReadOnlySpan<byte> segment, in Carrier carrier)
    {
        if (carrier.IsCut && !_isSnapped)
            Count("overlong");
        else if (_isQuoted && layer.Name is "icmp" or "icmpv6")
            Count("without verdict"); // tshark gives none for a quoted ICMP message
        else if (carrier.IsCut || carrier.IsFragment)
            CheckSum(layer, ChecksumVerdict.NotWhole);
        else
            CheckSum(layer, InternetChecksum.VerifyTransport(carrier.PseudoHeader, segment) ? ChecksumVerdict.Valid : ChecksumVerdict.Invalid);
    }
}
