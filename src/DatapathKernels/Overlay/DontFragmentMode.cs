namespace DatapathKernels.Overlay;

/// <summary>The "don't fragment" bit of an outer IPv4 header (<c>ip link ... df</c>).</summary>
public enum DontFragmentMode : byte
{
    /// <summary>Not set: routers may fragment.</summary>
    Unset,

    /// <summary>Set.</summary>
    Set,

    /// <summary>As the inner IPv4 packet has it; set for IPv6, which nobody fragments on the way.</summary>
    Inherit,
}
