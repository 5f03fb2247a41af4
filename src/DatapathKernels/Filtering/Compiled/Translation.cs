namespace DatapathKernels.Filtering;

/// <summary>A translation, compiled: the binding as it will stand in the verdict, and how its address is found.</summary>
internal struct Translation
{
    /// <summary>Whole when <see cref="Address"/> is <see cref="TranslationAddress.Given"/>.</summary>
    public NatBinding Binding;

    public TranslationAddress Address;

    /// <summary>First address of a range or of NETMAP's network, number form.</summary>
    public UInt128 Low;

    /// <summary>Last address less the first.</summary>
    public UInt128 Width;

    /// <summary>See <see cref="NatTarget.PortBase"/>.</summary>
    public ushort? PortBase;

    public static Translation Compile(NatTarget target)
    {
        Translation made = new() { Binding = new NatBinding { Kind = target.Kind, Flags = target.Flags }, PortBase = target.PortBase };
        if (target.Ports is { } ports)
            (made.Binding.HasPort, made.Binding.Port, made.Binding.HighPort) = (true, ports.Low, ports.High);
        if (target is { Low: { } low, High: { } high })
        {
            (made.Low, made.Width) = (low, high - low);
            made.Binding.HasAddress = true;
            made.Binding.Address = WireAddress.Of(target.Family, low);
        }

        made.Address = target.Kind switch
        {
            NatKind.Netmap => TranslationAddress.Mapped,
            NatKind.Masquerade or NatKind.Redirect => TranslationAddress.OfInterface,
            _ => made.Width == UInt128.Zero ? TranslationAddress.Given : TranslationAddress.Range,
        };
        return made;
    }
}
