using Xunit;

namespace DatapathKernels.BrowserTests;

/// <summary>A <see cref="BrowserFactAttribute"/> with several inputs.</summary>
public sealed class BrowserTheoryAttribute : TheoryAttribute
{
    public BrowserTheoryAttribute() => Skip = new BrowserFactAttribute().Skip;
}
