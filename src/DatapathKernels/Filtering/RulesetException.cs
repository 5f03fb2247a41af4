namespace DatapathKernels.Filtering;

/// <summary>A ruleset that cannot be: chains that call one another in a circle, a jump to nowhere, a target where the kernel refuses it. The message names the place.</summary>
public sealed class RulesetException : Exception
{
    /// <summary>Makes the error.</summary>
    public RulesetException()
    {
    }

    /// <summary>Makes the error.</summary>
    public RulesetException(string message)
        : base(message)
    {
    }

    /// <summary>Makes the error.</summary>
    public RulesetException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
