namespace DatapathKernels.Filtering;

/// <summary>Whether a rule matches, which depends on the packet's destination or its interfaces.</summary>
/// <param name="Tests">What it asks: <see cref="ProtocolMatch"/>, <see cref="SetMatch"/> and <see cref="InterfaceMatch"/>.</param>
/// <param name="Sets">The sets that it asks, in the tests' order.</param>
/// <param name="Names">The interfaces' names by their numbers.</param>
/// <param name="Yes">The next question, or the complement of an answer's number.</param>
/// <param name="No">The same for a packet that does not match.</param>
internal readonly record struct SettledQuestion(RuleMatch[] Tests, IpSet[] Sets, string[] Names, int Yes, int No)
{
    /// <summary>True when the answer depends on the destination.</summary>
    public bool AsksDestination => Array.Exists(Tests, test => test is not InterfaceMatch);

    /// <summary>True when the answer depends on an interface.</summary>
    public bool AsksInterfaces => Array.Exists(Tests, test => test is InterfaceMatch);

    /// <summary>What follows for a packet.</summary>
    public int Ask(in SettledPacket packet)
    {
        int asked = 0;
        foreach (RuleMatch test in Tests)
        {
            bool fits = test switch
            {
                SetMatch set => Sets[asked++].Test(IpFamily.V4, set.Directions, set.ReturnNoMatch, packet.View, nowMs: 0) != set.Negated,
                InterfaceMatch face => face.Fits(NameOf(face.Incoming ? packet.InInterface : packet.OutInterface)) != face.Negated,
                ProtocolMatch protocol => ((byte)protocol.Protocol == packet.View.Protocol) != protocol.Negated,
                _ => false,
            };
            if (!fits)
                return No;
        }

        return Yes;
    }

    private string NameOf(ushort number) => number < Names.Length ? Names[number] : "";
}
