namespace DatapathKernels.Overlay;

/// <summary>Some bytes of an <see cref="MtuBudget"/>, by name.</summary>
/// <param name="Layer">Which layer of the stack they belong to; 0 is the outermost.</param>
/// <param name="Name">What they are, for example <c>UDP header</c>.</param>
/// <param name="Bytes">How many.</param>
/// <param name="CountsAgainstMtu">False for what stands before the link's IP packet: Ethernet and its tags.</param>
public readonly record struct MtuPart(int Layer, string Name, int Bytes, bool CountsAgainstMtu = true);
