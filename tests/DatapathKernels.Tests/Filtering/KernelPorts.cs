using DatapathKernels.Filtering;

namespace DatapathKernels.Tests.Filtering;

/// <summary>Where the search for a free port starts: at the port that the kernel drew, when a vector shows one.</summary>
public sealed class KernelPorts : IRandomSource
{
    /// <summary>The source port of the packet at hand: its class is where the kernel searches.</summary>
    public ushort Given { get; set; }

    /// <summary>The port the kernel made of it; 0 when it sent no packet.</summary>
    public ushort Drawn { get; set; }

    public uint Next() => (uint)Math.Max(Drawn - (Given < 512 ? 1 : Given < 1024 ? 600 : 1024), 0);
}
