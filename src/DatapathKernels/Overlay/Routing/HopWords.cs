using System.Runtime.CompilerServices;
using DatapathKernels.Packets;

namespace DatapathKernels.Overlay;

/// <summary>A <see cref="DirectHop"/> as it is written.</summary>
internal readonly struct HopWords(in DirectHop hop)
{
    private readonly MacPair _macs = new(hop.Mac, hop.FromMac);
    private readonly uint _port = hop.Port;

    /// <summary>Writes the addresses.</summary>
    /// <param name="frame">The first byte of an Ethernet frame.</param>
    /// <returns>The port it leaves by.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public uint Write(ref byte frame)
    {
        _macs.Write(ref frame);
        return _port;
    }
}
