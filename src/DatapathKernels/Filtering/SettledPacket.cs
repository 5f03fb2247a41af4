using DatapathKernels.Packets;

namespace DatapathKernels.Filtering;

/// <summary>What settled rules may ask of a whole TCP or UDP packet over IPv4.</summary>
/// <param name="addressBe">Its destination address, network byte order.</param>
/// <param name="portBe">Its destination port, network byte order.</param>
/// <param name="protocol">Its protocol.</param>
/// <param name="inInterface">The number of the interface it came in by; 0 for none.</param>
/// <param name="outInterface">The number of the one it will leave by.</param>
internal readonly struct SettledPacket(uint addressBe, ushort portBe, IpProtocol protocol, ushort inInterface, ushort outInterface)
{
    /// <summary>The destination: address, port and protocol.</summary>
    public ulong Destination { get; } = ((ulong)addressBe << 32) | ((ulong)portBe << 16) | (byte)protocol;

    /// <summary>Both interfaces.</summary>
    public uint Interfaces { get; } = inInterface | ((uint)outInterface << 16);

    /// <summary>The interface it came in by.</summary>
    public ushort InInterface => (ushort)Interfaces;

    /// <summary>The interface it will leave by.</summary>
    public ushort OutInterface => (ushort)(Interfaces >> 16);

    /// <summary>The destination as matches see it.</summary>
    public PacketView View
    {
        get
        {
            ushort portBe = (ushort)(Destination >> 16);
            ulong port = BitConverter.IsLittleEndian ? System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(portBe) : portBe;
            return new PacketView
            {
                Source0 = Destination & 0xffff_ffff_0000_0000,
                Transport = PacketView.HasTransport | ((Destination & 0xff) << PacketView.ProtocolShift) | (port << 16),
            };
        }
    }
}
