using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using DatapathKernels.Packets;

namespace DatapathKernels.Overlay;

/// <summary>
/// What is by far the most common, a known flow of untagged IP packets: straight-line code without a call. Whatever it refuses, sound or not, is left to
/// <see cref="WriteAnyHeaders"/>, which writes the same bytes.
/// </summary>
/// <remarks>
/// The headers are copied as two or three vectors, and what depends on the packet is put over them as whole words made in registers: eight or twelve bytes of IP, eight of UDP.
/// Of the inner packet only what is inherited is read. Whether there is a checksum is a type, so that the loop without one holds nothing for it in registers.
/// </remarks>
public sealed partial class UdpTunnel
{
    private const uint LeastPlain = EthernetHeader.Size + Ipv4Header.MinSize;

    // How many lengths of frames may be plain, from the least on: up to the path MTU.
    private uint _plainLengths;

    private interface IChecksum
    {
        static abstract bool IsWritten { get; }
    }

    /// <param name="outer">Room for the headers.</param>
    /// <param name="frame">The inner frame, wherever it lies.</param>
    /// <param name="bytes">Its length.</param>
    /// <param name="flowHash">Its flow.</param>
    /// <param name="id">IPv4 identification.</param>
    /// <param name="inner">With a checksum: what its parse found.</param>
    /// <returns>False, and nothing is written, for any other frame or tunnel.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool TryWritePlain<TChecksum>(ref byte outer, ref byte frame, uint bytes, uint flowHash, ushort id, in PacketInfo inner)
        where TChecksum : struct, IChecksum
    {
        if (bytes - LeastPlain >= _plainLengths || flowHash == 0)
            return false;
        if (!InnerFields.TryReadPlain(ref frame, bytes, out InnerFields carried) || (TChecksum.IsWritten && !KnownInner.IsPlain(ref frame, bytes, inner)))
            return false;

        uint packet = bytes + (uint)_headers.Length - EthernetBytes;
        OuterHeader.CopyCompact(_headers, ref outer);
        WriteNetwork(ref Unsafe.Add(ref outer, EthernetBytes), packet, carried, id);
        uint port = SourcePort(flowHash), datagram = packet - (uint)(_udp - EthernetBytes);
        ulong udp = ((ulong)port << 48) | _udpPort | ((ulong)datagram << 16);
        if (TChecksum.IsWritten)
            udp |= InternetChecksum.ForUdp(InternetChecksum.FinishRaw(KnownInner.SumPlain(ref frame, bytes, inner), _datagramSum + port + (2 * datagram)));
        OuterHeader.WriteBigEndian(ref Unsafe.Add(ref outer, _udp), udp);
        return true;
    }

    /// <summary><see cref="TunnelSourcePort.Of"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private uint SourcePort(uint flowHash) => (uint)(((ulong)(flowHash ^ (flowHash << 16)) * _ports) >> 32) + _firstPort;

    private readonly struct WithChecksum : IChecksum
    {
        public static bool IsWritten => true;
    }

    private readonly struct WithoutChecksum : IChecksum
    {
        public static bool IsWritten => false;
    }
}
