using System.Runtime.InteropServices;
using DatapathKernels.Packets;

namespace DatapathKernels.Tests.Formats.Captures;

internal sealed partial class LayerWalk
{
    /// <summary>Starts at an IP header whose version nibble tells which.</summary>
    public void Network(ReadOnlySpan<byte> packet)
    {
        if (!packet.IsEmpty && packet[0] >> 4 == 6)
            Ipv6(packet);
        else
            Ipv4(packet);
    }

    private void Ipv4(ReadOnlySpan<byte> packet)
    {
        if (!TryTake("ip", Ipv4Header.TryParse(packet, out Ipv4Header header), out OracleLayer layer))
            return;
        CheckAddress(layer, "src", header.Source.ToString("X8"));
        if (!layer.IsSourceRouted)
            CheckAddress(layer, "dst", header.Destination.ToString("X8"));
        Check(layer, "proto", (long)header.Protocol);
        Check(layer, "ttl", header.Ttl);
        Check(layer, "hl", header.HeaderBytes);
        // Where the field is zero tshark gives the length it inferred from the frame.
        Check(layer, "len", header.TotalLength != 0 ? header.TotalLength : packet.Length);
        Check(layer, "id", header.Id);
        Check(layer, "tos", header.Tos);
        Check(layer, "df", header.DontFragment ? 1 : 0);
        Check(layer, "mf", header.MoreFragments ? 1 : 0);
        Check(layer, "frag8", header.FragmentOffset / 8);
        Check(layer, "csum", header.Checksum);
        CheckSum(layer, InternetChecksum.IsValid(header.Bytes) ? ChecksumVerdict.Valid : ChecksumVerdict.Invalid);
        var kinds = new List<int>();
        foreach (Ipv4Options option in header.Options)
            kinds.Add(option.Kind);
        CheckOptions(layer, kinds);

        if (header.LengthStatus == ParseStatus.BadTotalLength || header.FragmentOffset != 0)
            return;
        var carrier = new Carrier(
            header.IsFragment,
            header.LengthStatus == ParseStatus.TruncatedPayload,
            InternetChecksum.PseudoHeaderV4(ToWire(header.Source), ToWire(header.Destination), header.Protocol, (uint)header.Payload.Length));
        Transport(header.Protocol, header.Payload, carrier, isIpv6: false);
    }

    private void Ipv6(ReadOnlySpan<byte> packet)
    {
        if (!TryTake("ipv6", Ipv6Header.TryParse(packet, out Ipv6Header header), out OracleLayer layer))
            return;
        CheckAddress(layer, "src", Hex(header.Source));
        CheckAddress(layer, "dst", Hex(header.Destination));
        Check(layer, "nxt", (long)header.NextHeader);
        Check(layer, "hlim", header.HopLimit);
        Check(layer, "plen", header.PayloadLength);
        Check(layer, "tclass", header.TrafficClass);
        Check(layer, "flow", header.FlowLabel);

        IpProtocol protocol = header.NextHeader;
        ReadOnlySpan<byte> payload = header.Payload;
        IPv6Address destination = header.Destination;
        bool isFragment = false;
        foreach (OracleLayer extension in layer.List("ext"))
        {
            if (Ipv6ExtensionHeader.TryParse(protocol, payload, out Ipv6ExtensionHeader view) != ParseStatus.Ok)
            {
                // tshark shows what there is of a header that is cut off.
                if (payload.Length >= (extension["len"] + 1) * 8)
                    Fail($"ipv6 extension {protocol} is not sound, tshark {extension.Json}");
                return;
            }
            Extension(extension, view);
            isFragment |= view.Type == IpProtocol.Fragment && (view.MoreFragments || view.FragmentOffset != 0);
            if (view is { Type: IpProtocol.Routing, RoutingType: 0, SegmentsLeft: > 0 } && view.Data.Length >= 22)
                destination = new IPv6Address(view.Data[^16..]);
            if (view is { Type: IpProtocol.Fragment, FragmentOffset: not 0 })
                return;
            protocol = view.NextHeader;
            payload = view.Payload;
        }
        // The oracle lists no authentication headers; what follows them shows that they were passed over rightly.
        while (protocol == IpProtocol.Ah && Ipv6ExtensionHeader.TryParse(protocol, payload, out Ipv6ExtensionHeader authentication) == ParseStatus.Ok)
        {
            Count("ext Ah");
            protocol = authentication.NextHeader;
            payload = authentication.Payload;
        }
        if (Ipv6ExtensionChain.IsExtension(protocol))
        {
            if (Ipv6ExtensionHeader.TryParse(protocol, payload, out _) == ParseStatus.Ok && NextName is not null)
                Fail($"ipv6 extension {protocol}, tshark does not list it: {layer.Json}");
            return;
        }
        var carrier = new Carrier(
            isFragment,
            header.LengthStatus == ParseStatus.TruncatedPayload,
            InternetChecksum.PseudoHeaderV6(header.Source, destination, protocol, (uint)payload.Length));
        Transport(protocol, payload, carrier, isIpv6: true);
    }

    private void Extension(OracleLayer extension, in Ipv6ExtensionHeader view)
    {
        Count("ext " + view.Type);
        string name = view.Type switch
        {
            IpProtocol.HopByHop => "hopopts",
            IpProtocol.Routing => "routing",
            IpProtocol.Fragment => "fraghdr",
            IpProtocol.DestinationOptions => "dstopts",
            _ => "other",
        };
        Check(extension, "h", name);
        Check(extension, "nxt", (long)view.NextHeader);
        Check(extension, "len", view.HeaderBytes / 8 - 1);
        if (view.Type == IpProtocol.Fragment)
        {
            Check(extension, "off8", view.FragmentOffset / 8);
            Check(extension, "more", view.MoreFragments ? 1 : 0);
            Check(extension, "id", view.FragmentId);
        }
        else if (view.Type == IpProtocol.Routing)
        {
            Check(extension, "type", view.RoutingType);
            Check(extension, "left", view.SegmentsLeft);
        }
    }

    /// <summary>The views leave out padding, kinds 0 and 1.</summary>
    private void CheckOptions(OracleLayer layer, List<int> kinds)
    {
        if (layer.Numbers("opts") is { } expected && !expected.Where(kind => kind > 1).SequenceEqual(kinds))
            Fail($"{layer.Name} options {string.Join(',', kinds)}, tshark {layer.Json}");
    }

    private static uint ToWire(uint address) =>
        BitConverter.IsLittleEndian ? System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(address) : address;

    private static string Hex(in IPv6Address address) =>
        Convert.ToHexString(MemoryMarshal.AsBytes(MemoryMarshal.CreateReadOnlySpan(in address, 1)));

    /// <summary>What the IP layer knows about its payload: one of several fragments, shorter than claimed, and the pseudo header's sum.</summary>
    private readonly record struct Carrier(bool IsFragment, bool IsCut, uint PseudoHeader);
}
