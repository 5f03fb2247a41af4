namespace DatapathKernels.Filtering;

/// <summary>Where the draws of <c>statistic</c> come from. A struct, so the call is direct; a test may script it.</summary>
public interface IRandomSource
{
    /// <summary>The next draw; its low 31 bits are used, as the kernel uses those of <c>get_random_u32</c>.</summary>
    uint Next();
}
