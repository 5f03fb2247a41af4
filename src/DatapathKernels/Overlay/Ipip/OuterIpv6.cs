using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using DatapathKernels.Packets;

namespace DatapathKernels.Overlay;

/// <summary>The first eight bytes of a tunnel's outer IPv6 header, beside <see cref="OuterIpv4"/>: the addresses behind them are written already.</summary>
internal readonly struct OuterIpv6
{
    private const uint AnyTtl = 0xff00, Version = 0x6000_0000;

    private readonly OuterDsField _dsField;
    private readonly uint _start, _protocol, _inherited, _ttl;

    /// <param name="dsField">The traffic class.</param>
    /// <param name="flowLabel">The flow label.</param>
    /// <param name="hopLimit">The hop limit, where it is not inherited.</param>
    /// <param name="inheritsHopLimit">It is the inner packet's.</param>
    /// <param name="protocol">What is carried.</param>
    public OuterIpv6(OuterDsField dsField, uint flowLabel, byte hopLimit, bool inheritsHopLimit, IpProtocol protocol)
    {
        (_dsField, _start, _protocol, _ttl) = (dsField, Version | flowLabel, (uint)protocol << 8, hopLimit);
        _inherited = inheritsHopLimit ? AnyTtl : 0;
    }

    /// <summary>Writes the two words.</summary>
    /// <param name="network">The header's first byte.</param>
    /// <param name="bytes">The outer packet's length, with its header.</param>
    /// <param name="inner">What shows of the inner packet.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Write(ref byte network, uint bytes, InnerFields inner)
    {
        uint inherited = (inner.Word & _inherited) >> 8, ttl = inherited != 0 ? inherited : _ttl;
        ulong first = _start | (_dsField.Of(inner.DsField) << 20), second = ((bytes - Ipv6Header.Size) << 16) | _protocol | ttl;
        OuterHeader.WriteBigEndian(ref network, (first << 32) | second);
    }

    /// <summary>The same words for eight packets, in registers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Make(Vector256<uint> bytes, Vector256<uint> innerDs, Vector256<uint> inner, out Vector256<uint> first, out Vector256<uint> second)
    {
        Vector256<uint> inherited = (inner & Vector256.Create(_inherited)) >>> 8;
        Vector256<uint> ttl = inherited | (Vector256.Equals(inherited, Vector256<uint>.Zero) & Vector256.Create(_ttl));
        first = Vector256.Create(_start) | (_dsField.Of(innerDs) << 20);
        second = ((bytes - Vector256.Create((uint)Ipv6Header.Size)) << 16) | Vector256.Create(_protocol) | ttl;
    }
}
