using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace DatapathKernels.Overlay;

/// <summary>The DS field of outer headers, by that of the packet carried: <see cref="Ecn.Encapsulate"/> as masks, for one packet or eight.</summary>
/// <remarks>What is inherited is masked in, what is fixed set. CE, both bits of the codepoint, becomes ECT(0) in Linux's mode: less one.</remarks>
internal readonly struct OuterDsField
{
    private readonly uint _inherited, _fixed, _marked;

    /// <param name="inherits">The DSCP is the inner packet's.</param>
    /// <param name="value">The DS field where it is not; its codepoint does not count.</param>
    /// <param name="mode">How the inner codepoint shows outside.</param>
    public OuterDsField(bool inherits, byte value, EcnMode mode)
    {
        const uint codepoint = Ecn.Mask, dscp = byte.MaxValue & ~codepoint;
        _inherited = (inherits ? dscp : 0) | (mode == EcnMode.Compatibility ? 0 : codepoint);
        _fixed = inherits ? 0 : value & dscp;
        _marked = mode == EcnMode.Linux ? 1u : 0;
    }

    /// <param name="inner">The inner DS field in the low eight bits; the others do not count.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public uint Of(uint inner)
    {
        uint outer = (inner & _inherited) | _fixed;
        return outer - (outer & (outer >> 1) & _marked);
    }

    /// <summary>The same for eight packets.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector256<uint> Of(Vector256<uint> inner)
    {
        Vector256<uint> outer = (inner & Vector256.Create(_inherited)) | Vector256.Create(_fixed);
        return outer - (outer & (outer >>> 1) & Vector256.Create(_marked));
    }
}
