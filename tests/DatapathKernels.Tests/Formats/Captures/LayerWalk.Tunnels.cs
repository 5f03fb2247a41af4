using System.Buffers.Binary;

namespace DatapathKernels.Tests.Formats.Captures;

/// <summary>
/// Tunnel headers have no views yet: these steps pass over them as far as is needed to reach the packets inside, and stop
/// where the oracle names anything else.
/// </summary>
internal sealed partial class LayerWalk
{
    private void Vxlan(ReadOnlySpan<byte> bytes)
    {
        _next++;
        if (bytes.Length >= 8 && NextName == "eth")
            Ethernet(bytes[8..]);
    }

    private void Geneve(ReadOnlySpan<byte> bytes)
    {
        _next++;
        if (bytes.Length < 8 || 8 + (bytes[0] & 63) * 4 is var header && bytes.Length < header || NextName is null)
            return;
        ByEtherType(BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]), bytes[header..]);
    }

    private void Gre(ReadOnlySpan<byte> bytes)
    {
        if (NextName != "gre" || bytes.Length < 4)
            return;
        _next++;
        int flags = BinaryPrimitives.ReadUInt16BigEndian(bytes);
        int header = 4 + ((flags & 0x8000) != 0 ? 4 : 0) + ((flags & 0x2000) != 0 ? 4 : 0) + ((flags & 0x1000) != 0 ? 4 : 0);
        // Version 0 without routing; tshark's next layer tells whether it looked inside.
        if ((flags & 0x4007) == 0 && bytes.Length >= header && NextName is not null)
            ByEtherType(BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]), bytes[header..]);
    }

    private void Mpls(ReadOnlySpan<byte> bytes)
    {
        while (NextName == "mpls" && bytes.Length >= 4)
        {
            _next++;
            bytes = bytes[4..];
        }
        if (NextName is "ip" or "ipv6")
            Network(bytes);
        else if (NextName == "eth" && bytes.Length >= 4)
            Ethernet(bytes[0] >> 4 == 0 ? bytes[4..] : bytes); // a pseudowire's control word starts with a zero nibble
    }
}
