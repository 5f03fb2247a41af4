namespace DatapathKernels.Packets;

/// <summary>What <see cref="TcpWriter"/> writes; the data offset is computed.</summary>
/// <param name="SourcePort">Source port, host order.</param>
/// <param name="DestinationPort">Destination port, host order.</param>
/// <param name="Flags">The control bits.</param>
/// <param name="Sequence">Sequence number.</param>
/// <param name="Acknowledgment">Acknowledgment number.</param>
/// <param name="Window">Window, unscaled.</param>
/// <param name="UrgentPointer">Urgent pointer.</param>
public readonly record struct TcpFields(
    ushort SourcePort,
    ushort DestinationPort,
    TcpFlags Flags,
    uint Sequence = 0,
    uint Acknowledgment = 0,
    ushort Window = 65_535,
    ushort UrgentPointer = 0);
