namespace DatapathKernels.Overlay;

/// <summary>What a <see cref="GreHeader"/> says.</summary>
/// <param name="Protocol">EtherType of what follows.</param>
/// <param name="Bytes">Bytes of the header with its optional fields.</param>
/// <param name="HasChecksum">True when there is a checksum, over header and payload.</param>
/// <param name="Key">The key, host order; null without one.</param>
/// <param name="Sequence">The sequence number; null without one.</param>
public readonly record struct GreFields(ushort Protocol, int Bytes, bool HasChecksum, uint? Key, uint? Sequence);
