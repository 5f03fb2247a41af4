using DatapathKernels.Diagnostics;

namespace DatapathKernels.Overlay;

/// <summary>
/// Where the bytes of a link's MTU go under a stack of encapsulations, and what that costs: the largest inner packet, the share of
/// the wire that is payload, the packets and header bytes of a transfer.
/// </summary>
/// <remarks>
/// Sizes are of IP packets, from the IP header on: Ethernet, its tags and its checksum are no part of any MTU, only of
/// <see cref="WireBytes"/>. The inner Ethernet header of an L2 tunnel does count: it is payload to the underlay.
/// </remarks>
public sealed class MtuBudget
{
    /// <summary>Header (14), checksum (4), preamble (8) and gap (12) of an Ethernet frame: bytes of wire that each packet takes besides.</summary>
    public const int EthernetWireBytes = 38;

    /// <summary>Bytes of the headers of TCP over IPv4 without options: what the inner packet itself spends.</summary>
    public const int TcpV4HeaderBytes = 40;

    private readonly Encapsulation[] _layers;
    private readonly MtuPart[] _parts;
    private readonly int[] _fixedBytes;

    /// <summary>By layer, the largest packet that goes into it.</summary>
    private readonly int[] _deviceMtu;

    /// <summary>Draws up the account.</summary>
    /// <param name="linkMtu">The MTU of the link, bytes from the outermost IP header on.</param>
    /// <param name="layers">The stack, outermost first: <c>[WireGuard, Vxlan]</c> is VXLAN inside WireGuard.</param>
    /// <exception cref="ArgumentException">An encapsulation that does not exist, or nothing left for the inner packet.</exception>
    public MtuBudget(int linkMtu, params ReadOnlySpan<Encapsulation> layers)
    {
        if (linkMtu is < 68 or > ushort.MaxValue)
            Throw.OutOfRange(nameof(linkMtu), linkMtu, "68 to 65535 bytes");
        LinkMtu = linkMtu;
        _layers = layers.ToArray();
        _fixedBytes = new int[layers.Length];
        _deviceMtu = new int[layers.Length];
        List<MtuPart> parts = [new MtuPart(0, "Ethernet header, checksum, preamble and gap", EthernetWireBytes, CountsAgainstMtu: false)];
        LargestInner = linkMtu;
        for (int i = 0; i < layers.Length; i++)
        {
            foreach ((string name, int bytes) in EncapsulationParts.Of(layers[i]))
            {
                parts.Add(new MtuPart(i, name, bytes));
                _fixedBytes[i] += bytes;
            }

            if (layers[i].Kind == EncapsulationKind.LinkVlan)
                parts.Add(new MtuPart(i, "802.1Q tag", 4, CountsAgainstMtu: false));
            LargestInner = EncapsulationParts.LargestInner(layers[i].Kind, LargestInner, _fixedBytes[i]);
            _deviceMtu[i] = LargestInner;
        }

        if (LargestInner <= 0)
            Throw.Argument(nameof(layers), $"the encapsulations leave nothing of a link MTU of {linkMtu}");
        _parts = [.. parts];
    }

    /// <summary>The MTU of the link, bytes.</summary>
    public int LinkMtu { get; }

    /// <summary>The largest inner packet that never needs a fragment: the MTU to give the inner device.</summary>
    public int LargestInner { get; }

    /// <summary>What the largest inner packet is smaller than the link's MTU: headers, and padding that cannot be avoided.</summary>
    public int OverheadBytes => LinkMtu - LargestInner;

    /// <summary>Every fixed byte by name, from the wire inwards. Padding depends on the packet: <see cref="PaddingBytes"/>.</summary>
    public IReadOnlyList<MtuPart> Parts => _parts;

    /// <summary>Bytes of the outermost IP packet around an inner one.</summary>
    /// <param name="innerBytes">The inner IP packet.</param>
    public int OuterBytes(int innerBytes)
    {
        int bytes = innerBytes;
        for (int i = _layers.Length - 1; i >= 0; i--)
            bytes += EncapsulationParts.Padding(_layers[i].Kind, bytes, _deviceMtu[i]) + _fixedBytes[i];
        return bytes;
    }

    /// <summary>Every byte of wire that one inner packet takes, by name, from the wire inwards: <see cref="Parts"/>, the packet itself, and behind it the padding of the layers that pad.</summary>
    /// <param name="innerBytes">The inner IP packet.</param>
    /// <returns>Parts that add up to <see cref="WireBytes"/>. The packet's own layer is the number of layers.</returns>
    public IReadOnlyList<MtuPart> Account(int innerBytes)
    {
        List<MtuPart> parts = [.. _parts, new MtuPart(_layers.Length, "inner packet", innerBytes)];
        int bytes = innerBytes;
        for (int i = _layers.Length - 1; i >= 0; i--)
        {
            int padding = EncapsulationParts.Padding(_layers[i].Kind, bytes, _deviceMtu[i]);
            if (padding > 0)
                parts.Add(new MtuPart(i, "padding", padding));
            bytes += padding + _fixedBytes[i];
        }

        return parts;
    }

    /// <summary>Bytes of padding that all layers put behind an inner packet.</summary>
    /// <param name="innerBytes">The inner IP packet.</param>
    public int PaddingBytes(int innerBytes)
    {
        int headers = 0;
        foreach (int bytes in _fixedBytes)
            headers += bytes;
        return OuterBytes(innerBytes) - innerBytes - headers;
    }

    /// <summary>Bytes of wire time that an inner packet takes, with everything Ethernet puts around it.</summary>
    /// <param name="innerBytes">The inner IP packet.</param>
    public int WireBytes(int innerBytes)
    {
        int bytes = OuterBytes(innerBytes);
        foreach (MtuPart part in _parts)
            bytes += part.CountsAgainstMtu ? 0 : part.Bytes;
        return bytes;
    }

    /// <summary>The share of the wire that is payload, 0 to 1.</summary>
    /// <param name="innerBytes">The inner IP packet.</param>
    /// <param name="innerHeaderBytes">Its own headers.</param>
    public double GoodputShare(int innerBytes, int innerHeaderBytes = TcpV4HeaderBytes) =>
        (double)Math.Max(0, innerBytes - innerHeaderBytes) / WireBytes(innerBytes);

    /// <summary>The largest TCP segment, options not counted, that never needs a fragment: what <see cref="MssClamp"/> lowers to.</summary>
    /// <param name="innerIpv6">The family of the inner packets.</param>
    public int LargestSegment(bool innerIpv6) => MssClamp.SegmentBytes(LargestInner, innerIpv6);

    /// <summary>What a transfer costs in packets of the largest size, or of a smaller one.</summary>
    /// <param name="payloadBytes">The transfer: 1,000,000,000 for a gigabyte.</param>
    /// <param name="innerBytes">The inner packets; 0 for the largest.</param>
    /// <param name="innerHeaderBytes">Their own headers.</param>
    /// <exception cref="ArgumentOutOfRangeException">Packets larger than fit, or without payload; or a negative transfer.</exception>
    public TransferCost Transfer(long payloadBytes, int innerBytes = 0, int innerHeaderBytes = TcpV4HeaderBytes)
    {
        innerBytes = innerBytes == 0 ? LargestInner : innerBytes;
        int each = innerBytes - innerHeaderBytes;
        if (innerHeaderBytes < 0 || each <= 0 || innerBytes > LargestInner)
            Throw.OutOfRange(nameof(innerBytes), innerBytes, $"more than the headers and at most {LargestInner} bytes");
        if (payloadBytes < 0)
            Throw.OutOfRange(nameof(payloadBytes), payloadBytes, "0 bytes or more");
        (long full, long rest) = Math.DivRem(payloadBytes, each);
        long wire = full * WireBytes(innerBytes) + (rest == 0 ? 0 : WireBytes((int)rest + innerHeaderBytes));
        long packets = full + (rest == 0 ? 0 : 1);
        long bare = (payloadBytes + LinkMtu - innerHeaderBytes - 1) / (LinkMtu - innerHeaderBytes);
        return new TransferCost(packets, wire - payloadBytes, packets - bare);
    }
}
