using System.Runtime.InteropServices;

namespace DatapathKernels.Packets;

/// <summary>
/// The length a TCP or UDP header claims, as numbers instead of code: where it stands, how it is read and how small it may
/// be. A table of them by protocol lets one instruction stream serve both.
/// </summary>
/// <remarks>
/// TCP claims the bytes of its header (data offset: the high four bits of byte 12, times four), UDP those of header and
/// payload (bytes 4 and 5). Both lie between the smallest header and the segment. Every other protocol asks for more than
/// any segment has, so it fails like a bad claim does.
/// </remarks>
[StructLayout(LayoutKind.Sequential, Size = 8)]
internal readonly struct LengthClaim(byte offset, byte shift, ushort mask, int smallest)
{
    /// <summary>By protocol number, 256 entries.</summary>
    public static readonly LengthClaim[] ByProtocol = Build();

    /// <summary>Where in the transport header the 16 bits stand that hold the claim, bytes; they are big-endian.</summary>
    public readonly byte Offset = offset;

    /// <summary>Bits below the claim, less the two of a multiplication by four.</summary>
    public readonly byte Shift = shift;

    /// <summary>The bits of the claim once shifted.</summary>
    public readonly ushort Mask = mask;

    /// <summary>The least it may be, bytes: the size of the smallest header.</summary>
    public readonly int Smallest = smallest;

    private static LengthClaim[] Build()
    {
        LengthClaim[] claims = new LengthClaim[256];
        Array.Fill(claims, new LengthClaim(0, 0, 0, int.MaxValue));
        claims[(int)IpProtocol.Tcp] = new LengthClaim(12, 10, 0x3c, 20);
        claims[(int)IpProtocol.Udp] = new LengthClaim(4, 0, 0xffff, 8);
        return claims;
    }
}
