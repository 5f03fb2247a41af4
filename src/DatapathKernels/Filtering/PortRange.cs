using System.Globalization;

namespace DatapathKernels.Filtering;

/// <summary>A range of ports, both ends included; <c>80:80</c> is the port 80.</summary>
/// <param name="Low">First port.</param>
/// <param name="High">Last port.</param>
public readonly record struct PortRange(ushort Low, ushort High)
{
    /// <summary>Every port.</summary>
    public static PortRange Any => new(0, ushort.MaxValue);

    /// <summary>True when every port is in the range.</summary>
    public bool IsAny => Low == 0 && High == ushort.MaxValue;

    /// <summary>True when the port lies in the range.</summary>
    public bool Contains(ushort port) => port >= Low && port <= High;

    /// <summary>As iptables-save writes it: <c>80</c> or <c>1024:65535</c>.</summary>
    public override string ToString() => Low == High
        ? Low.ToString(CultureInfo.InvariantCulture)
        : string.Create(CultureInfo.InvariantCulture, $"{Low}:{High}");
}
