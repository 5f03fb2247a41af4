using DatapathKernels.Packets;

namespace DatapathKernels.Tests.Formats.Captures;

internal sealed partial class LayerWalk
{
    /// <summary>Starts at the link header.</summary>
    public void Frame(ReadOnlySpan<byte> frame, LinkType link)
    {
        if (_layers.Count == 0)
            return;
        switch (link)
        {
            case LinkType.Ethernet: Ethernet(frame); break;
            case LinkType.LinuxSll: Sll(frame); break;
            case LinkType.LinuxSll2: Sll2(frame); break;
            case LinkType.Null or LinkType.Loop: Loopback(frame); break;
            case LinkType.Raw or LinkType.RawBsd or LinkType.RawOpenBsd: Network(frame); break;
            case LinkType.Ipv4: Ipv4(frame); break;
            case LinkType.Ipv6: Ipv6(frame); break;
        }
    }

    private void Ethernet(ReadOnlySpan<byte> bytes)
    {
        if (!TryTake("eth", EthernetHeader.TryParse(bytes, out EthernetHeader header), out OracleLayer layer))
            return;
        Check(layer, "src", header.Source.ToString());
        Check(layer, "dst", header.Destination.ToString());
        Check(layer, header.IsLength ? "len" : "type", header.EtherType);
        ByEtherType(header.EtherType, header.Payload);
    }

    private void Vlan(string name, ReadOnlySpan<byte> bytes)
    {
        if (!TryTake(name, VlanTag.TryParse(bytes, out VlanTag tag), out OracleLayer layer))
            return;
        Check(layer, "id", tag.VlanId);
        Check(layer, "pri", tag.Priority);
        Check(layer, "dei", tag.DropEligible ? 1 : 0);
        Check(layer, tag.EtherType < 0x600 ? "len" : "type", tag.EtherType);
        ByEtherType(tag.EtherType, tag.Payload);
    }

    private void Sll(ReadOnlySpan<byte> bytes)
    {
        if (!TryTake("sll", LinuxSllHeader.TryParse(bytes, out LinuxSllHeader header), out OracleLayer layer))
            return;
        Check(layer, "pkttype", header.PacketType);
        Check(layer, "hatype", header.HardwareType);
        Check(layer, "halen", header.AddressLength);
        Check(layer, "type", header.Protocol);
        ByEtherType(header.Protocol, header.Payload);
    }

    private void Sll2(ReadOnlySpan<byte> bytes)
    {
        if (!TryTake("sll", LinuxSll2Header.TryParse(bytes, out LinuxSll2Header header), out OracleLayer layer))
            return;
        Check(layer, "pkttype", header.PacketType);
        Check(layer, "hatype", header.HardwareType);
        Check(layer, "halen", header.AddressLength);
        Check(layer, "ifindex", header.InterfaceIndex);
        Check(layer, "type", header.Protocol);
        ByEtherType(header.Protocol, header.Payload);
    }

    private void Loopback(ReadOnlySpan<byte> bytes)
    {
        if (!TryTake("null", LoopbackHeader.TryParse(bytes, out LoopbackHeader header), out OracleLayer layer))
            return;
        Check(layer, "family", header.Family);
        ByEtherType(header.EtherType, header.Payload);
    }

    private void ByEtherType(ushort type, ReadOnlySpan<byte> payload)
    {
        switch (type)
        {
            case Ipv4Header.EtherType: Ipv4(payload); break;
            case Ipv6Header.EtherType: Ipv6(payload); break;
            case ArpHeader.EtherType: Arp(payload); break;
            case VlanTag.Dot1Q: Vlan("vlan", payload); break;
            case VlanTag.Dot1Ad: Vlan("8021ad", payload); break;
            case 0x8847 or 0x8848: Mpls(payload); break;
            case 0x6558: Ethernet(payload); break;
        }
    }

    private void Arp(ReadOnlySpan<byte> bytes)
    {
        ParseStatus status = ArpHeader.TryParse(bytes, out ArpHeader header);
        if (status == ParseStatus.UnsupportedArp || !TryTake("arp", status, out OracleLayer layer))
            return;
        Check(layer, "op", header.Operation);
        CheckAddress(layer, "sip", header.SenderAddress.ToString("X8"));
        CheckAddress(layer, "tip", header.TargetAddress.ToString("X8"));
    }
}
