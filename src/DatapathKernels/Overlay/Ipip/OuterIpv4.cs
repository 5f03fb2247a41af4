using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using DatapathKernels.Packets;

namespace DatapathKernels.Overlay;

/// <summary>
/// The outer IPv4 header of a tunnel, but for its addresses, which are written already: what it always has, and what it takes from the packet it carries.
/// </summary>
/// <remarks>
/// Flags, TTL and protocol stand in one word of the header, so one load of the inner word, a mask of what is inherited and an OR with what is not make the outer word,
/// whatever the options.
/// </remarks>
internal readonly struct OuterIpv4
{
    private const uint DontFragment = InnerFields.DontFragment, AnyTtl = 0xff00, VersionAndLength = 0x4500;

    private readonly OuterDsField _dsField;
    private readonly uint _sum, _always, _inherited, _ttl;

    /// <param name="dsField">The DS field.</param>
    /// <param name="fragment">The "don't fragment" bit.</param>
    /// <param name="ttl">The TTL, where it is not inherited.</param>
    /// <param name="inheritsTtl">It is the inner packet's.</param>
    /// <param name="protocol">What is carried, where that is always the same; else 0.</param>
    /// <param name="header">The header, its addresses written and zero elsewhere.</param>
    public OuterIpv4(OuterDsField dsField, DontFragmentMode fragment, byte ttl, bool inheritsTtl, IpProtocol protocol, ReadOnlySpan<byte> header)
    {
        _dsField = dsField;
        _sum = VersionAndLength + (ushort)~InternetChecksum.Compute(header[..Ipv4Header.MinSize]);
        _always = (uint)protocol | (inheritsTtl ? 0 : (uint)ttl << 8) | (fragment == DontFragmentMode.Set ? DontFragment : 0);
        _inherited = (inheritsTtl ? AnyTtl : 0) | (fragment == DontFragmentMode.Inherit ? DontFragment : 0);
        _ttl = (uint)ttl << 8;
    }

    /// <summary>Writes the twelve bytes before the addresses, in two stores.</summary>
    /// <param name="network">The header's first byte.</param>
    /// <param name="bytes">The outer packet's length.</param>
    /// <param name="inner">What shows of the inner packet; a TTL of zero is not inherited.</param>
    /// <param name="id">Identification; 16 bits.</param>
    /// <param name="protocol">What is carried, where that is not always the same.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Write(ref byte network, uint bytes, InnerFields inner, uint id, uint protocol = 0)
    {
        uint fields = (inner.Word & _inherited) | _always | protocol;
        fields |= (fields & AnyTtl) != 0 ? 0 : _ttl;
        uint start = (_dsField.Of(inner.DsField) << 16) + bytes, flags = (id << 16) | (fields >> 16);
        uint sum = _sum + (start >> 16) + bytes + id + (fields >> 16) + (ushort)fields;
        OuterHeader.WriteBigEndian(ref network, ((ulong)(start + (VersionAndLength << 16)) << 32) | flags);
        OuterHeader.WriteBigEndian(ref Unsafe.Add(ref network, 8), (fields << 16) | InternetChecksum.Finish(sum));
    }

    /// <summary>The same words for eight packets, in registers.</summary>
    /// <param name="bytes">The outer packets' lengths.</param>
    /// <param name="innerDs">The inner DS fields in the low eight bits.</param>
    /// <param name="inner">The inner words of flags and offset, TTL, protocol.</param>
    /// <param name="id">Identifications; 16 bits each.</param>
    /// <param name="first">Receives the first words of the headers, host order.</param>
    /// <param name="second">The second.</param>
    /// <param name="third">The third.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Make(
        Vector256<uint> bytes, Vector256<uint> innerDs, Vector256<uint> inner, Vector256<uint> id, out Vector256<uint> first, out Vector256<uint> second, out Vector256<uint> third)
    {
        Vector256<uint> dsField = _dsField.Of(innerDs), low = Vector256.Create((uint)ushort.MaxValue);
        Vector256<uint> fields = (inner & Vector256.Create(_inherited)) | Vector256.Create(_always);
        fields |= Vector256.Equals(fields & Vector256.Create(AnyTtl), Vector256<uint>.Zero) & Vector256.Create(_ttl);
        Vector256<uint> sum = Vector256.Create(_sum) + dsField + bytes + id + (fields >>> 16) + (fields & low);
        sum += (sum << 16) | (sum >>> 16);
        first = ((dsField + Vector256.Create(VersionAndLength)) << 16) + bytes;
        second = (id << 16) | (fields >>> 16);
        third = (fields << 16) | ((sum >>> 16) ^ low);
    }
}
