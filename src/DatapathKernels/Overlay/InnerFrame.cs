using System.Buffers.Binary;

namespace DatapathKernels.Overlay;

/// <summary>What an outer header takes from the frame it carries: fields of its IP header, behind VLAN tags or not.</summary>
internal readonly ref struct InnerFrame
{
    private const ushort Ipv4 = 0x0800, Ipv6 = 0x86dd, Vlan = 0x8100, ServiceVlan = 0x88a8;
    private const int MostTags = 2, UntaggedOffset = 14;

    /// <summary>The IP packet; empty for a frame of anything else.</summary>
    public readonly ReadOnlySpan<byte> Packet;

    /// <summary>Its offset in the frame.</summary>
    public readonly int Offset;

    public InnerFrame(ReadOnlySpan<byte> frame)
    {
        int at = 12;
        ushort type = frame.Length < 14 ? (ushort)0 : BinaryPrimitives.ReadUInt16BigEndian(frame[at..]);
        for (int tags = 0; tags < MostTags && type is Vlan or ServiceVlan && frame.Length >= at + 6; tags++)
            type = BinaryPrimitives.ReadUInt16BigEndian(frame[(at += 4)..]);
        Offset = at + 2;
        bool v4 = type == Ipv4 && frame.Length >= Offset + 20 && frame[Offset] >> 4 == 4;
        bool v6 = type == Ipv6 && frame.Length >= Offset + 40 && frame[Offset] >> 4 == 6;
        if (v4 || v6)
            Packet = frame[Offset..];
    }

    public bool IsTagged => Offset != UntaggedOffset;

    public bool IsV4 => !Packet.IsEmpty && Packet[0] >> 4 == 4;

    public byte DsField => Ecn.DsField(Packet);

    /// <summary>TTL or hop limit; 0 for a frame without.</summary>
    public byte Ttl => Packet.IsEmpty ? (byte)0 : Packet[IsV4 ? 8 : 7];

    /// <summary>True when routers may not fragment it. Linux does not look behind a VLAN tag for that, though it does for TOS and TTL (<c>vxlan_xmit_one</c>).</summary>
    public bool DontFragment => !Packet.IsEmpty && !IsTagged && (!IsV4 || (Packet[6] & 0x40) != 0);
}
