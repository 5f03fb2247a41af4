using System.Runtime.InteropServices;
using DatapathKernels.Packets;

namespace DatapathKernels.Filtering;

/// <summary>
/// The simplest connection state: the caller has set it in <see cref="PacketMeta"/>. The nat table is asked for packets in
/// state NEW only; what it chooses is written at once, and shows as status <see cref="ConnectionStatuses.DestinationNat"/> or
/// <see cref="ConnectionStatuses.SourceNat"/>. It knows no other connection, so every port counts as free: a source port stays
/// when the rule's range allows it, else it is the first of the range. One of several sources stays.
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
    public bool Track(ReadOnlySpan<byte> frame, in PacketInfo info, ref PacketMeta meta) => true;

    /// <inheritdoc/>
    public NatTurn TakeNat(Hook hook, Span<byte> frame, in PacketInfo info, ref PacketMeta meta) =>
        meta.State == ConnectionStates.New ? NatTurn.Ask : NatTurn.Settled;

    /// <inheritdoc/>
    public RewriteStatus Bind(Hook hook, in NatBinding binding, in NatLatitude latitude, Span<byte> frame, in PacketInfo info, ref PacketMeta meta)
    {
        if (binding.Kind == NatKind.None)
            return RewriteStatus.Ok;
        bool destination = hook is Hook.PreRouting or Hook.Output;
        meta.Status |= destination ? ConnectionStatuses.DestinationNat : ConnectionStatuses.SourceNat;
        if (!latitude.Holds(SourceOf(frame, info)))
            return BindingWriter.Write(binding, destination, frame, info);
        NatBinding kept = binding;
        kept.HasAddress = false;
        return BindingWriter.Write(kept, destination, frame, info);
    }

    private static IPv6Address SourceOf(ReadOnlySpan<byte> frame, in PacketInfo info)
    {
        ReadOnlySpan<byte> header = frame[info.L3Offset..];
        return (info.Flags & PacketFlags.Ipv4) != 0 ? IPv6Address.OfV4(MemoryMarshal.Read<uint>(header[12..])) : new IPv6Address(header[8..]);
    }

    /// <inheritdoc/>
    public void Remark(in PacketMeta meta)
    {
    }

    /// <inheritdoc/>
    public bool Confirm(ref PacketMeta meta) => true;

    /// <inheritdoc/>
    public void Forget()
    {
    }

    /// <inheritdoc/>
    public bool TryDescribe(in PacketMeta meta, out ConnectionRecord record)
    {
        record = _record;
        return _hasRecord;
    }
}
