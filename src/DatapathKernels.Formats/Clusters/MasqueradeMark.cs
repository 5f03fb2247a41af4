using System.Globalization;

namespace DatapathKernels.Formats.Clusters;

/// <summary>The bit of the packet mark by which proxies remember that a packet is to be masqueraded.</summary>
/// <param name="bit">Its number, 0 to 31; kube-proxy's is 14 unless <c>--iptables-masquerade-bit</c> says another.</param>
internal readonly struct MasqueradeMark(int bit)
{
    /// <summary>The bit as a number: <c>0x4000</c>.</summary>
    public string Value { get; } = "0x" + (1u << bit).ToString("x", CultureInfo.InvariantCulture);

    /// <summary>Value and mask: <c>0x4000/0x4000</c>.</summary>
    public string Tested => $"{Value}/{Value}";

    /// <summary>The target that sets it.</summary>
    public string Set => "MARK --or-mark " + Value;

    /// <summary>The target that takes it off again.</summary>
    public string Clear => "MARK --xor-mark " + Value;
}
