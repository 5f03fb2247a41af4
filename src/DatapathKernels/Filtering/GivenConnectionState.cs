using DatapathKernels.Packets;

namespace DatapathKernels.Filtering;

/// <summary>
/// The simplest connection state: the caller has set it in <see cref="PacketMeta"/>. The nat table is asked for packets in
/// state NEW only, and a destination it chooses shows as status <see cref="ConnectionStatuses.DestinationNat"/>.
/// </summary>
public readonly struct GivenConnectionState : IConnectionState
{
    private readonly ConnectionRecord _record;
    private readonly bool _hasRecord;

    /// <summary>Also gives the packet's connection, for rules that look at its tuples.</summary>
    public GivenConnectionState(in ConnectionRecord record)
    {
        _record = record;
        _hasRecord = true;
    }

    /// <inheritdoc/>
    public void Track(ReadOnlySpan<byte> frame, in PacketInfo info, ref PacketMeta meta)
    {
    }

    /// <inheritdoc/>
    public bool AsksNat(Hook hook, Span<byte> frame, in PacketInfo info, ref PacketMeta meta) =>
        meta.State == ConnectionStates.New;

    /// <inheritdoc/>
    public void Bind(Hook hook, in NatBinding binding, ref PacketMeta meta) => meta.Status |= binding.Kind switch
    {
        NatKind.Dnat or NatKind.Redirect => ConnectionStatuses.DestinationNat,
        NatKind.Snat or NatKind.Masquerade => ConnectionStatuses.SourceNat,
        _ => ConnectionStatuses.None,
    };

    /// <inheritdoc/>
    public bool TryDescribe(in PacketMeta meta, out ConnectionRecord record)
    {
        record = _record;
        return _hasRecord;
    }
}
